"""Pickles: every array NumPy writes is read, and nothing else is even begun."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from sem_ray.data.noise.importers.pickles import MAKERS, read_pickle
from sem_ray.errors import BadInput
from tests.data.noise.importers.hostile import MARK, PICKLES

LIMIT = 50_000_000
FORMATS = ["int8", "int16", ">i4", "int64", "uint8", "float16", ">f4", "float32", "float64"]


def stored(folder: Path, content: bytes) -> Path:
    file = folder / "noise.pkl"
    file.write_bytes(content)
    return file


@st.composite
def any_array(draw: st.DrawFn) -> NDArray[Any]:
    shape = draw(arrays.array_shapes(min_dims=1, max_dims=4, max_side=4))
    made = draw(arrays.arrays(draw(st.sampled_from(FORMATS)), shape))
    axes = draw(st.permutations(range(made.ndim)))
    turned: NDArray[Any] = made.transpose(axes)
    return turned


@settings(deadline=None)
@given(any_array(), st.integers(0, pickle.HIGHEST_PROTOCOL), st.booleans())
def test_arrays_come_back_under_every_protocol_layout_and_numpy(
    tmp_path_factory: pytest.TempPathFactory, array: NDArray[Any], protocol: int, older: bool
) -> None:
    content = pickle.dumps(array, protocol)
    if older and protocol < 4:  # from there on, names are written with their length
        content = content.replace(b"numpy._core.", b"numpy.core.")
    found = read_pickle(stored(tmp_path_factory.getbasetemp(), content), LIMIT)
    assert found.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


def test_numpy_1_names_are_known_like_those_of_numpy_2() -> None:
    new = {name.replace("_core", "core") for name in MAKERS if "._core." in name}
    assert new and new <= set(MAKERS)


@pytest.mark.parametrize("kind", PICKLES)
def test_nothing_in_a_hostile_pickle_is_run(tmp_path: Path, kind: str) -> None:
    file = stored(tmp_path, PICKLES[kind](tmp_path))
    with pytest.raises(BadInput, match="is not the pickle of one NumPy array") as caught:
        read_pickle(file, LIMIT)
    assert "\n" not in str(caught.value) and str(file) in str(caught.value)
    assert not (tmp_path / MARK).exists()


REASONS = {
    "program": r"it asks for posix\.system, which was not run",
    "evaluation": r"it asks for builtins\.eval, which was not run",
    "instance": "it has the instruction INST",
    "patched_function": "it has the instruction EMPTY_DICT",
    "in_an_object_array": "it has the instruction",
    "encoder": "it encodes something else than bytes",
    "deep": "it is longer than an array needs",
    "huge_memo": "it is longer than an array needs",
    "huge_shape": "cannot reshape array",
}


@pytest.mark.parametrize("kind", REASONS)
def test_each_fence_stops_what_it_is_for(tmp_path: Path, kind: str) -> None:
    with pytest.raises(BadInput, match=REASONS[kind]):
        read_pickle(stored(tmp_path, PICKLES[kind](tmp_path)), LIMIT)


def test_the_payload_would_have_run(tmp_path: Path) -> None:
    """Or the tests above show nothing."""
    for kind in ("program", "evaluation", "instance"):
        pickle.loads(PICKLES[kind](tmp_path))  # noqa: S301  our own payload
        (tmp_path / MARK).unlink()


def test_reading_a_hostile_pickle_changes_nothing_for_the_next(tmp_path: Path) -> None:
    wanted = np.arange(24, dtype=np.int8).reshape(1, 2, 3, 4)
    for make in PICKLES.values():
        with pytest.raises(BadInput):
            read_pickle(stored(tmp_path, make(tmp_path)), LIMIT)
    found = read_pickle(stored(tmp_path, pickle.dumps(wanted)), LIMIT)
    np.testing.assert_array_equal(found, wanted)


NO_NUMBERS: dict[str, Any] = {
    "objects": np.array([1, "a"], dtype=object),
    "text": np.array(["a", "b"]),
    "records": np.zeros(3, [("a", "i1"), ("b", "f4")]),
    "dates": np.zeros(3, "datetime64[s]"),
    "complex": np.zeros(3, complex),
    "a list": [1, 2, 3],
    "a dictionary": {"noise": np.zeros(3)},
    "a tuple": (np.zeros(3), np.zeros(3)),
    "nothing": None,
    "a format": np.dtype("i1"),
    "a number": np.int8(3),
}


@pytest.mark.parametrize("what", NO_NUMBERS)
def test_other_contents_are_refused(tmp_path: Path, what: str) -> None:
    with pytest.raises(BadInput, match="is not the pickle of one NumPy array"):
        read_pickle(stored(tmp_path, pickle.dumps(NO_NUMBERS[what])), LIMIT)


@pytest.mark.filterwarnings("ignore:invalid escape:DeprecationWarning")
@settings(deadline=None)
@given(st.data())
def test_damaged_pickles_are_an_array_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(pickle.dumps(np.arange(6, dtype=np.float32), data.draw(st.integers(0, 5))))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_pickle(stored(tmp_path_factory.getbasetemp(), bytes(content)), LIMIT)
    except BadInput:
        return
    assert found.dtype.kind in "iuf" and found.nbytes <= len(content)
