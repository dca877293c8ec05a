"""Pixels come out exact, grey or as RGB; what cannot be decoded is named."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sem_ray.data.decode import image_file
from sem_ray.data.decode.batch import decode_batch
from sem_ray.data.decode.form import Form
from sem_ray.data.decode.image_file import Encoded, open_checked, upright
from sem_ray.errors import BadInput
from tests.data.decode.png_header import png, png_header
from tests.data.sources.hub_files import encoded, noise_pixels


def _decoded(content: bytes | Path, channels: int | None = None) -> NDArray[np.uint8]:
    form = Form(channels=channels)
    return open_checked(Encoded(content, "image x.png"), lambda image: form.pixels(upright(image)))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_pixels_are_exact(kind: str) -> None:
    pixels = noise_pixels(1)[0]
    assert np.array_equal(_decoded(encoded(pixels, kind)), pixels)


def test_grey_stays_grey_and_all_else_becomes_rgb() -> None:
    pixels = noise_pixels(1)[0]
    grey = pixels[:, :, 0]
    assert np.array_equal(_decoded(encoded(grey)), grey)
    veiled = np.dstack([grey, np.full(grey.shape, 9, np.uint8)])
    assert np.array_equal(_decoded(encoded(Image.fromarray(veiled, "LA"))), grey)
    assert np.array_equal(_decoded(encoded(Image.fromarray(grey > 127))), (grey > 127) * 255)
    opaque = np.dstack([pixels, np.full(grey.shape, 9, np.uint8)])
    assert np.array_equal(_decoded(encoded(opaque)), pixels)
    palette = Image.fromarray(pixels).quantize(8)
    expected = np.asarray(palette.convert("RGB"))
    assert np.array_equal(_decoded(encoded(palette)), expected)
    inks = Image.fromarray(pixels).convert("CMYK")
    assert np.array_equal(_decoded(encoded(inks, "TIFF")), np.asarray(inks.convert("RGB")))


def test_channels_that_were_asked_for() -> None:
    pixels = noise_pixels(1)[0]
    grey = pixels[:, :, 0]
    assert np.array_equal(_decoded(encoded(grey), 3), np.stack([grey] * 3, axis=2))
    luma = pixels.astype(float) @ [0.299, 0.587, 0.114]
    assert np.abs(_decoded(encoded(pixels), 1) - luma).max() <= 0.51
    assert np.array_equal(_decoded(encoded(grey), 1), grey)


def test_the_first_of_several_frames_is_taken() -> None:
    frames = [Image.fromarray(pixels).quantize(8) for pixels in noise_pixels(3)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.array_equal(_decoded(content), np.asarray(frames[0].convert("RGB")))


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
        decode_batch([Encoded(png_header(side, side), "image x.png")], 1, Form())


def _deep_png(colour: int, channels: int) -> bytes:
    """One pixel of 16 bits a channel, which Pillow cannot write."""
    header = struct.pack(">IIBBBBB", 1, 1, 16, colour, 0, 0, 0)
    return png(header, zlib.compress(bytes(1 + 2 * channels)))


DEEP = {
    "grey": encoded(np.zeros((4, 4), np.uint16)),
    "RGB": _deep_png(2, 3),
    "grey with alpha": _deep_png(4, 2),
    "RGB with alpha": _deep_png(6, 4),
    "PPM": b"P6 1 1 65535\n" + bytes(6),
    "float": encoded(Image.new("F", (4, 4)), "TIFF"),
}


@pytest.mark.parametrize("kind", DEEP)
def test_sixteen_bits_are_refused_rather_than_clipped(kind: str) -> None:
    with pytest.raises(BadInput, match="more than 8 bits"):
        _decoded(DEEP[kind])


def test_fewer_bits_than_eight_are_not_deep() -> None:
    assert _decoded(b"P6 1 1 100\n" + bytes([100] * 3)).tolist() == [[[255] * 3]]
    assert _decoded(encoded(Image.new("P", (4, 4)), bits=2)).shape == (4, 4, 3)


def test_a_file_is_read_only_as_far_as_its_header_is_sound(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    with file.open("wb") as sparse:
        sparse.write(png_header(30_000, 30_000))
        sparse.truncate(10**13)
    with pytest.raises(BadInput, match=r"image x\.png has more than 64 megapixels"):
        _decoded(file)
    file.unlink()
    with pytest.raises(BadInput, match=r"not a readable image \(No such file or directory\)"):
        _decoded(file)


def test_the_formats_are_all_known_to_pillow() -> None:
    Image.init()
    assert set(image_file.FORMATS) <= set(Image.OPEN)
