"""What lies in a folder of images, without what systems leave there."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePath

from sem_ray.errors import BadInput

EXTENSIONS = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"),
)
"""Of image files, in any case of letters; what is in a file is told by its content alone."""
CLUTTER = ("thumbs.db", "desktop.ini", "__macosx", "@eadir")
"""What systems leave in folders, besides names that begin with a dot."""
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and how Python shows bytes that are no UTF-8."""


@dataclass(frozen=True)
class Entry:
    """Something in a folder. Its name is in Unicode's composed form, because systems differ in
    which form they keep."""

    name: str
    path: Path
    is_dir: bool
    is_file: bool
    """A pipe, a device and a broken link are neither."""

    def __str__(self) -> str:
        return str(self.path)


def is_image(entry: Entry) -> bool:
    """Whether it is called one; a folder never is."""
    return _extension(entry) in EXTENSIONS and not entry.is_dir


def entries(folder: Path) -> list[Entry]:
    """Sorted by name. Raises `BadInput` where the folder cannot be read, or a name cannot be
    written or is there twice."""
    try:
        # Millions of files: this way the system tells their kind without a question for each.
        with os.scandir(folder) as listed:
            found = [_entry(folder, each) for each in listed if not _is_clutter(each.name)]
    except OSError as error:
        raise BadInput(f"cannot read the folder {folder}: {error.strerror}") from error
    found.sort(key=lambda entry: entry.name)
    for one, other in pairwise(found):
        if one.name == other.name:
            raise BadInput(f"{folder} holds {one.name} twice, in two forms of Unicode; rename one")
    return found


def image_files(folder: Path) -> list[Entry]:
    """The images of a class, sorted by name. Raises `BadInput` where there are none, or anything
    else is among them: it may be an image that is not read, which must not go unprotected."""
    found = entries(folder)
    for entry in found:
        if entry.is_dir:
            raise BadInput(
                f"{entry} is a folder within a class; a class is one folder: move its images up"
            )
        if _extension(entry) == ".parquet":
            raise BadInput(f"{entry} is Parquet and no image; name {folder} itself as the data")
        if not is_image(entry):
            raise BadInput(
                f"{entry} is not of a known kind of image; convert or remove it "
                f"(known: {', '.join(EXTENSIONS)})"
            )
        if not entry.is_file:
            raise BadInput(f"{entry} is not a file that can be read; replace or remove it")
    if not found:
        raise BadInput(f"the class folder {folder} holds no images; fill or remove it")
    return found


def _entry(folder: Path, found: os.DirEntry[str]) -> Entry:
    name = found.name
    if UNPRINTABLE.search(name):
        raise BadInput(f"{folder} holds the name {name!a}, which is no plain UTF-8 text; rename it")
    composed = unicodedata.normalize("NFC", name)
    try:
        return Entry(composed, folder / name, found.is_dir(), found.is_file())
    except OSError:  # a link that leads in a circle
        return Entry(composed, folder / name, is_dir=False, is_file=False)


def _is_clutter(name: str) -> bool:
    return name.startswith(".") or name.lower() in CLUTTER


def _extension(entry: Entry) -> str:
    return PurePath(entry.name).suffix.lower()
