"""`export`: protected images as files for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sem_ray.api.noise_folder import REMEDY
from sem_ray.api.pairing import Paired, paired
from sem_ray.api.settings import OnNotice, ignore
from sem_ray.data import protected, read_noise
from sem_ray.data.export import WRITERS, Format, write_images
from sem_ray.data.noise.matching import with_noise
from sem_ray.errors import BadInput, DiskFailed
from sem_ray.files import atomic_folder, require_space, require_writable, writing_to
from sem_ray.progress import ProgressSink, silent

MARGIN = 4096
"""Bytes of an image's file beyond its pixels, at most: headers, names and a block of the disk."""


@dataclass(frozen=True)
class Exported:
    """Where the protected images are, and which they are."""

    folder: Path
    format: Format
    images: int
    left_out: int
    """Images of the set that have no noise."""
    noise: str
    """The noise's identity."""
    notices: tuple[str, ...]


def export(
    noise: Path | str,
    data: str,
    out: Path | str,
    *,
    form: Format = "parquet",
    store: Path | str | None = None,
    sink: ProgressSink = silent,
    on_notice: OnNotice = ignore,
) -> Exported:
    """Write the training images of `data` that have noise, protected, into the new folder `out`.

    Lossless in both formats: `parquet` is the Hugging Face image layout with the ids as paths,
    `imagefolder` a folder a class with PNG files and `rows.csv`, which keeps ids and order. Images
    without noise are left out and counted. Raises `BadInput`.
    """
    if form not in WRITERS:
        raise BadInput(f"no format {form!r}; known: {', '.join(WRITERS)}")
    target = Path(out).absolute()
    _require_empty(target)
    folder = Path(noise).absolute()
    pair = paired(data, read_noise(folder), folder, store)
    images = with_noise(pair.images, pair.match)
    shielded = protected(images, pair.noise)
    said = _remarks(pair)
    for remark in said:
        on_notice(remark)
    size = shielded.images.numel() + MARGIN * len(images)
    require_space(target, size, "the export", REMEDY)
    with writing_to(target, REMEDY, DiskFailed), atomic_folder(target) as aside:
        write_images(aside, shielded, form, sink)
    left_out = len(pair.match.without_noise)
    identity = pair.noise.manifest.identity
    return Exported(target, form, len(images), left_out, identity, said)


def _require_empty(target: Path) -> None:
    with writing_to(target, REMEDY):
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise BadInput(f"{target} exists and is not an empty folder; name another with --out")
    require_writable(target.parent, REMEDY)


def _remarks(pair: Paired) -> tuple[str, ...]:
    found = []
    if pair.images.note:
        found.append(
            f"the noise is for a subset of {pair.images.name} ({pair.images.note}); its other "
            "images are not exported"
        )
    if pair.match.without_noise:
        found.append(
            f"{len(pair.match.without_noise):,} of the {len(pair.images):,} images have no noise "
            f"and are left out (first: {pair.match.without_noise[0]})"
        )
    if pair.match.without_image:
        found.append(
            f"{len(pair.match.without_image):,} rows of the noise have no image in "
            f"{pair.images.name} (first: {pair.match.without_image[0]})"
        )
    return tuple(found)
