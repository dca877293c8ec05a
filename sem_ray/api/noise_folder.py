"""Noise into a folder of the user's: checked before the work, whole after it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sem_ray.data import ImageSet, Noise, read_manifest, read_noise, write_noise
from sem_ray.data.noise.noise_file import FILES, MANIFEST
from sem_ray.errors import BadInput, DiskFailed
from sem_ray.exhibits.preview import contact_sheet
from sem_ray.files import ASIDE, atomic_folder, folder_aside, require_writable, sync, writing_to

PREVIEW = "preview.png"
REMEDY = "name a folder you can write with --out"


def require_free(target: Path) -> None:
    """Raise `BadInput` if noise cannot be put there: nothing but noise is ever replaced."""
    with writing_to(target, REMEDY):
        if target.exists() and not (target.is_dir() and _is_ours(target)):
            raise BadInput(f"{target} exists and holds no noise; name another folder with --out")
    require_writable(target, REMEDY)


def _is_ours(folder: Path) -> bool:
    """Also if a killed process left it half filled."""
    names = [file.name for file in folder.iterdir()]
    return not names or MANIFEST in names or any(name.startswith(ASIDE) for name in names)


def holds(target: Path, identity: str) -> bool:
    """Whether the noise is there already, its values unread. Raises `BadInput` if other noise
    is."""
    if not (target / MANIFEST).is_file():
        return False
    present = read_manifest(target).identity
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
    """Copy the noise in `made` and add its preview, unless it is there already. Raises `BadInput`
    if what is there is damaged: it is the user's to remove."""
    if holds(target, identity):
        read_noise(target)
        return
    with writing_to(target, REMEDY, DiskFailed), _filling(target) as aside:
        for name in FILES:
            shutil.copyfile(made / name, aside / name)
        contact_sheet(images, read_noise(made)).save(aside / PREVIEW)


def publish_new(noise: Noise, images: ImageSet, target: Path) -> None:
    """Write noise that no store has, and its preview."""
    with writing_to(target, REMEDY, DiskFailed), _filling(target) as aside:
        write_noise(aside, noise)
        contact_sheet(images, noise).save(aside / PREVIEW)


def _filling(target: Path) -> AbstractContextManager[Path]:
    return _within(target) if target.is_dir() else atomic_folder(target)


@contextmanager
def _within(target: Path) -> Iterator[Path]:
    """Yield a folder inside `target` whose files move up if the block ends well, the manifest last.

    An existing folder is filled and not replaced: it may be a mount, or a shell's working folder.
    """
    with folder_aside(target, ASIDE) as aside:
        yield aside
        for file in sorted(aside.iterdir(), key=lambda file: file.name == MANIFEST):
            sync(file)
            file.rename(target / file.name)
        sync(target)
