"""Pixels come out exact and as RGB; what cannot be decoded is named."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sem_ray.data import decoding
from sem_ray.data.decoding import Encoded, decoded, stacked
from sem_ray.errors import BadInput
from tests.data.hub_files import encoded, noise_pixels


def _decoded(content: bytes) -> NDArray[np.uint8]:
    return decoded(Encoded(content, "image x.png"))


def _png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""

    def part(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", b"") + part(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_pixels_are_exact(kind: str) -> None:
    pixels = noise_pixels(1)[0]
    assert np.array_equal(_decoded(encoded(pixels, kind)), pixels)


def test_grey_palette_and_transparent_images_become_rgb() -> None:
    pixels = noise_pixels(1)[0]
    grey = pixels[:, :, 0]
    assert np.array_equal(_decoded(encoded(grey)), np.stack([grey] * 3, axis=2))
    opaque = np.dstack([pixels, np.full(grey.shape, 9, np.uint8)])
    assert np.array_equal(_decoded(encoded(opaque)), pixels)
    palette = Image.fromarray(pixels).quantize(8)
    expected = np.asarray(palette.convert("RGB"))
    assert np.array_equal(_decoded(encoded(palette)), expected)


@pytest.mark.filterwarnings("error")
def test_a_palette_with_transparency_gives_no_warning() -> None:
    palette = Image.fromarray(noise_pixels(1)[0]).quantize(8)
    assert _decoded(encoded(palette, transparency=bytes(range(8)))).shape == (6, 5, 3)


def test_the_orientation_tag_is_followed_and_a_damaged_one_ignored() -> None:
    tag = Image.Exif()
    tag[0x112] = 6
    pixels = noise_pixels(1)[0]
    assert np.array_equal(_decoded(encoded(pixels, exif=tag)), np.rot90(pixels, -1))
    assert np.array_equal(_decoded(encoded(pixels, exif=b"damaged")), pixels)


@pytest.mark.parametrize(
    "content",
    [b"", b"not an image", encoded(noise_pixels(1)[0])[:60], b"%!PS-Adobe-3.0 EPSF-3.0\n"],
    ids=["empty", "text", "truncated", "postscript"],
)
def test_damaged_images_are_named(content: bytes) -> None:
    with pytest.raises(BadInput, match=r"^image x\.png is not a readable image") as caught:
        _decoded(content)
    assert "\n" not in str(caught.value)


def test_a_truncated_jpeg_is_refused_rather_than_filled_with_grey() -> None:
    content = encoded(noise_pixels(1, 64, 64)[0], "JPEG")
    with pytest.raises(BadInput, match="not a readable image"):
        _decoded(content[: len(content) // 2])


@pytest.mark.parametrize("side", [8_001, 9_600, 60_000])
def test_an_image_that_claims_to_be_huge_is_never_decoded(side: int) -> None:
    with pytest.raises(BadInput, match=r"image x\.png has more than 64 megapixels"):
        stacked([Encoded(_png_header(side, side), "image x.png")], 1)


def test_sixteen_bits_are_refused_rather_than_clipped() -> None:
    with pytest.raises(BadInput, match="more than 8 bits"):
        _decoded(encoded(np.zeros((4, 4), np.uint16)))


@pytest.mark.parametrize("threads_from", [0, 10**9], ids=["threads", "one thread"])
def test_images_are_stacked_in_order(threads_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "THREADS_FROM", threads_from)
    pixels = noise_pixels(600)
    images = (Encoded(encoded(p), "image") for p in pixels)
    assert np.array_equal(stacked(images, 600), pixels.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("threads_from", [0, 10**9], ids=["threads", "one thread"])
def test_the_first_of_another_size_is_named(
    threads_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "THREADS_FROM", threads_from)
    small, large = encoded(noise_pixels(1)[0]), encoded(noise_pixels(1, 7, 9)[0])
    images = [Encoded(c, f"image {n}") for n, c in enumerate([small, small, large, b"x", large])]
    with pytest.raises(BadInput, match="image 0 is 5×6 and image 2 is 9×7"):
        stacked(images, 5)


def test_too_many_pixels_for_the_memory() -> None:
    image = Encoded(encoded(np.zeros((64, 64, 3), np.uint8)), "image")
    with pytest.raises(BadInput, match=r"images of 64×64 do not fit in memory.*data\.limit"):
        stacked([image], 10**11)


def test_the_formats_are_all_known_to_pillow() -> None:
    Image.init()
    assert set(decoding.FORMATS) <= set(Image.OPEN)
