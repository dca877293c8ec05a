"""Images come out in order; sizes and colours that mix are brought together or named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from sem_ray.data.decode import batch
from sem_ray.data.decode.batch import decode_batch
from sem_ray.data.decode.form import Form
from sem_ray.data.decode.image_file import Encoded
from sem_ray.errors import BadInput
from tests.data.sources.hub_files import encoded, noise_pixels

PLAIN = Form()


@pytest.mark.parametrize("threads_from", [0, 10**9], ids=["threads", "one thread"])
def test_images_are_stacked_in_order(threads_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "THREADS_FROM", threads_from)
    pixels = noise_pixels(600)
    images = (Encoded(encoded(p), "image") for p in pixels)
    assert np.array_equal(decode_batch(images, 600, Form()), pixels.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("threads_from", [0, 10**9], ids=["threads", "one thread"])
def test_the_first_of_another_size_is_named(
    threads_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "THREADS_FROM", threads_from)
    small, large = encoded(noise_pixels(1)[0]), encoded(noise_pixels(1, 7, 9)[0])
    images = [Encoded(c, f"image {n}") for n, c in enumerate([small, small, large, b"x", large])]
    with pytest.raises(BadInput, match="image 0 is 5×6 and image 2 is 9×7"):
        decode_batch(images, 5, Form())


def test_too_many_pixels_for_the_memory() -> None:
    image = Encoded(encoded(np.zeros((64, 64, 3), np.uint8)), "image")
    with pytest.raises(BadInput, match=r"images of 64×64 do not fit in memory.*data\.limit"):
        decode_batch([image], 10**11, Form())


def _stack(*pixels: NDArray[np.uint8], form: Form = PLAIN) -> NDArray[np.uint8]:
    images = [Encoded(encoded(each), f"image {row}") for row, each in enumerate(pixels)]
    return decode_batch(images, len(images), form)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.sampled_from([None, 1, 3]))
def test_channels_of_a_set_that_mixes_grey_and_colour(
    is_grey: list[bool], channels: int | None
) -> None:
    pixels = noise_pixels(len(is_grey))
    images = [p[:, :, 0] if grey else p for p, grey in zip(pixels, is_grey, strict=True)]
    stack = _stack(*images, form=Form(channels=channels))
    assert stack.shape[1] == channels or (1 if all(is_grey) else 3)
    for row, grey in enumerate(is_grey):
        if grey:
            assert (stack[row] == pixels[row, :, :, 0]).all()
        elif channels != 1:
            assert np.array_equal(stack[row], pixels[row].transpose(2, 0, 1))


def test_colour_that_comes_late_among_many_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "THREADS_FROM", 0)
    pixels = noise_pixels(600)
    stack = _stack(*(p if row > 400 else p[:, :, 0] for row, p in enumerate(pixels)))
    assert np.array_equal(stack[401:], pixels[401:].transpose(0, 3, 1, 2))
    assert (stack[:401] == pixels[:401, None, :, :, 0]).all()


def test_resized_images_are_the_centre_of_the_shorter_side() -> None:
    image = np.zeros((40, 100, 3), np.uint8)
    image[:, 30:70] = 255
    (inside,) = _stack(image, form=Form(resize=8))
    assert inside.shape == (3, 8, 8)
    assert (inside[:, :, 1:-1] == 255).all()
    (upright,) = _stack(image.transpose(1, 0, 2), form=Form(resize=8))
    assert np.array_equal(upright, inside.transpose(0, 2, 1))


def test_resizing_is_antialiased_and_leaves_the_right_size_alone() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    (grey,) = _stack(stripes, form=Form(resize=8))
    assert np.abs(grey.astype(int) - 127).max() <= 8
    square = noise_pixels(1, 9, 9)[0]
    assert np.array_equal(_stack(square, form=Form(resize=9))[0], square.transpose(2, 0, 1))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=6),
    st.integers(1, 40),
)
def test_any_sizes_become_one(sizes: list[tuple[int, int]], side: int) -> None:
    images = [np.full((*size, 3), 7 * row, np.uint8) for row, size in enumerate(sizes)]
    stack = _stack(*images, form=Form(resize=side))
    assert stack.shape == (len(sizes), 3, side, side)
    assert all((stack[row] == 7 * row).all() for row in range(len(sizes)))


def test_the_bytes_of_a_resized_image_are_the_same_everywhere() -> None:
    ramp = np.arange(12 * 20 * 3, dtype=np.uint16).reshape(12, 20, 3) * 7 % 251
    (small,) = _stack(ramp.astype(np.uint8), form=Form(resize=3))
    assert small[0].tolist() == [[114, 125, 116], [125, 125, 125], [134, 125, 136]]


def test_decoded_images_take_the_same_form_as_encoded_ones() -> None:
    import torch

    pixels = noise_pixels(3, 20, 31)
    for form in (Form(), Form(resize=7), Form(channels=1), Form(resize=40, channels=1)):
        images = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy())
        assert np.array_equal(form.applied(images, "set")[:].numpy(), _stack(*pixels, form=form))


def test_orientation_counts_for_the_size() -> None:
    tag = Image.Exif()
    tag[0x112] = 6
    lying, standing = noise_pixels(1, 4, 7)[0], noise_pixels(1, 7, 4)[0]
    images = [Encoded(encoded(lying, exif=tag), "a"), Encoded(encoded(standing), "b")]
    assert decode_batch(images, 2, Form()).shape == (2, 3, 7, 4)


def test_an_image_of_another_size_is_refused_by_its_header_alone() -> None:
    small, large = noise_pixels(1)[0], encoded(noise_pixels(1, 900, 900)[0])
    images = [Encoded(encoded(small), "image 0"), Encoded(large[:100], "image 1")]
    with pytest.raises(BadInput, match=r"is 900×900 .*data\.resize"):
        decode_batch(images, 2, Form())
