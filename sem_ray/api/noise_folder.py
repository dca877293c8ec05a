"""Noise into a folder of the user's: checked before the work, whole after it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sem_ray.checkpoint import sync
from sem_ray.data import ImageSet, Noise, read_noise, write_noise
from sem_ray.data.noise.noise_file import MANIFEST
from sem_ray.errors import BadInput, writing_to
from sem_ray.exhibits.preview import contact_sheet
from sem_ray.store import try_writing, whole_folder

PREVIEW = "preview.png"
ASIDE = ".sem-ray-"
"""Begins the name of a folder that is being filled; one that a killed process left says that what
lies beside it is ours."""
REMEDY = "name a folder you can write with --out"


def require_free(target: Path) -> None:
    """Raise `BadInput` where noise cannot be put there: nothing but noise is ever replaced."""
    with writing_to(target, REMEDY):
        if target.exists() and not (target.is_dir() and _is_ours(target)):
            raise BadInput(f"{target} exists and holds no noise; name another folder with --out")
        try_writing(nearest(target))


def _is_ours(folder: Path) -> bool:
    names = [file.name for file in folder.iterdir()]
    return not names or MANIFEST in names or any(name.startswith(ASIDE) for name in names)


def nearest(target: Path) -> Path:
    """`target`, or the closest folder above it that is there."""
    return next(place for place in (target, *target.parents) if place.exists())


def holds(target: Path, identity: str) -> bool:
    """Whether the noise is there already. Raises `BadInput` where there is other noise."""
    if not (target / MANIFEST).is_file():
        return False
    present = read_noise(target).manifest.identity
    if present != identity:
        raise BadInput(
            f"{target} holds other noise ({present}, not {identity}); "
            "name another folder with --out, or remove that one"
        )
    return True


def place_key(target: Path) -> str:
    """Names the lock of a folder."""
    return hashlib.sha256(str(target).encode()).hexdigest()[:20]


def publish(made: Path, identity: str, images: ImageSet, target: Path) -> None:
    """Copy the noise in `made` and add its preview, unless it is there already."""
    if holds(target, identity):
        return
    with writing_to(target, REMEDY), _filling(target) as aside:
        for file in made.iterdir():
            shutil.copyfile(file, aside / file.name)
        contact_sheet(images, read_noise(made)).save(aside / PREVIEW)


def publish_new(noise: Noise, images: ImageSet, target: Path) -> None:
    """Write noise that no store has, and its preview."""
    with writing_to(target, REMEDY), _filling(target) as aside:
        write_noise(aside, noise)
        contact_sheet(images, noise).save(aside / PREVIEW)


def _filling(target: Path) -> AbstractContextManager[Path]:
    return _within(target) if target.is_dir() else whole_folder(target)


@contextmanager
def _within(target: Path) -> Iterator[Path]:
    """A folder inside `target` whose files move up when the block ends well, the manifest last.

    An existing folder is filled and not replaced: it may be a mount, or where a shell stands.
    """
    for left in target.glob(f"{ASIDE}*"):
        shutil.rmtree(left, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=target))
    try:
        yield aside
        for file in sorted(aside.iterdir(), key=lambda file: file.name == MANIFEST):
            sync(file)
            file.rename(target / file.name)
        sync(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
