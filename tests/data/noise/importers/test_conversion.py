"""Units, layouts and rounding of foreign noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from sem_ray.data.noise.importers import converted
from sem_ray.data.noise.importers.conversion import CHUNK
from sem_ray.errors import BadInput

SHAPE = (4, 3, 5, 6)
STEPS = arrays.arrays(np.int8, SHAPE, elements=st.integers(-127, 127))


@given(STEPS, st.sampled_from(["int8", "int16", "int64"]))
def test_whole_numbers_are_taken_as_they_are(steps: NDArray[np.int8], form: str) -> None:
    found = converted(steps.astype(form), SHAPE, None, "file")
    assert (found.values.numpy() == steps).all() and found.moved == 0


@given(STEPS, st.sampled_from(["float16", "float32", "float64"]))
def test_whole_steps_survive_every_float(steps: NDArray[np.int8], form: str) -> None:
    found = converted((steps / 255).astype(form), SHAPE, None, "file")
    assert (found.values.numpy() == steps).all() and found.exact


@given(STEPS)
def test_channels_last_is_recognised_by_its_shape(steps: NDArray[np.int8]) -> None:
    found = converted(steps.transpose(0, 2, 3, 1), SHAPE, None, "file")
    assert (found.values.numpy() == steps).all()


def test_rounding_says_how_far_it_moved() -> None:
    array = np.zeros(SHAPE)
    array[0, 0, 0, 0] = 3.3 / 255
    found = converted(array, SHAPE, None, "file")
    assert found.values[0, 0, 0, 0] == 3 and not found.exact
    assert found.moved == pytest.approx(0.3)
    assert found.mean_moved == pytest.approx(0.3 / array.size)


def test_every_chunk_is_converted() -> None:
    shape = (2 * CHUNK + 1, 1, 1, 2)
    steps = np.random.default_rng(0).integers(-8, 9, shape).astype(np.int8)
    found = converted(steps / np.float32(255), shape, "nchw", "file")
    assert (found.values.numpy() == steps).all()


def test_a_shape_that_can_be_both_needs_a_layout() -> None:
    shape = (2, 3, 3, 3)
    steps = np.arange(54, dtype=np.int8).reshape(shape)
    with pytest.raises(BadInput, match="can be both layouts; name one with --layout"):
        converted(steps, shape, None, "file")
    assert (converted(steps, shape, "nchw", "file").values.numpy() == steps).all()
    last = converted(steps, shape, "nhwc", "file").values.numpy()
    assert (last == steps.transpose(0, 3, 1, 2)).all()


def _with(value: float, form: str = "float32") -> NDArray[Any]:
    array = np.zeros(SHAPE, form)
    array[2, 1, 0, 0] = value
    return array


FAULTS: dict[str, tuple[NDArray[Any], str]] = {
    "fewer rows": (np.zeros((3, 3, 5, 6)), r"holds \[3, 3, 5, 6\], and noise for the 4 images is"),
    "flat": (np.zeros((4, 90)), r"\[4, 90\].*\[4, 3, 5, 6\] \(nchw\) or \[4, 5, 6, 3\] \(nhwc\)"),
    "one number": (np.zeros(()), r"holds \[\]"),
    "NaN": (_with(np.nan), "noise of row 2 is not finite"),
    "infinite": (_with(-np.inf), "noise of row 2 is not finite"),
    "floats in 1/255": (_with(8.0), "floats up to 8; they must be in units of"),
    "too far": (_with(0.6), "changes a pixel by 153/255, and noise is kept within 127/255"),
    "lowest int8": (_with(-128, "int8"), "changes a pixel by 128/255"),
    "large": (_with(300, "int16"), "changes a pixel by 300/255"),
    "unsigned": (_with(3, "uint8"), "holds uint8, and noise has a sign"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_noise_for_the_images_is_refused(fault: str) -> None:
    array, says = FAULTS[fault]
    with pytest.raises(BadInput, match=says) as caught:
        converted(array, SHAPE, None, "the file")
    assert str(caught.value).startswith("the file")


def test_a_layout_that_is_named_must_fit() -> None:
    with pytest.raises(BadInput, match=r"is \[4, 5, 6, 3\] \(nhwc\); give"):
        converted(np.zeros(SHAPE), SHAPE, "nhwc", "file")
