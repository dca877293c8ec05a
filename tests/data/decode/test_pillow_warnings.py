"""What Pillow warns of is a line that names the image, and no path of a library."""

from __future__ import annotations

import logging
import warnings

import pytest

from sem_ray.data.decode import batch
from sem_ray.data.decode.batch import decode_batch
from sem_ray.data.decode.form import Form
from sem_ray.data.decode.image_file import Encoded
from tests.data.sources.hub_files import encoded, noise_pixels

TORN = b"Exif\0\0II*\0\x08\0\0\0\x09\0\x12\x01\x03\0"
"""An orientation tag that ends early."""


@pytest.mark.parametrize("threads_from", [0, 10**9], ids=["threads", "one thread"])
def test_torn_tags_are_said_once_and_name_the_first_image(
    threads_from: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    monkeypatch.setattr(batch, "THREADS_FROM", threads_from)
    torn = encoded(noise_pixels(1)[0], "JPEG", exif=TORN)
    images = [Encoded(torn, f"image {row}.jpg") for row in range(3)]
    with caplog.at_level(logging.WARNING):
        assert len(decode_batch(images, 3, Form())) == 3
    (line,) = caplog.messages
    assert line.startswith("image ") and "Corrupt EXIF data" in line and "2 more images" in line
    assert "/" not in line and not recwarn.list
    assert warnings.showwarning.__name__ != "_hear", "what was there before is there again"
