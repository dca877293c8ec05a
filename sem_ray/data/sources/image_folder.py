"""Image sets from folders of image files, one folder a class: alone, or in train/ and val/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_ray.data.decode.image_file import Encoded
from sem_ray.data.image_set import Dataset
from sem_ray.data.pixels.hashing import file_signature
from sem_ray.data.sources.encoded_split import Listing, LoadOptions, decoded_sets
from sem_ray.data.sources.folder_entries import entries, image_files, is_image
from sem_ray.data.sources.hub_layout import TEST_NAMES, TRAIN
from sem_ray.errors import BadInput

LAYOUT = "one folder a class, alone or in train/ and val/"


@dataclass(frozen=True)
class FolderSplit:
    """The image files of a split, class after class, each class sorted by name.

    ids: paths inside the split, as `ants/17.jpg`, whatever the split's own folder is called.
    """

    name: str
    files: tuple[Path, ...]
    labels: NDArray[np.int64]
    ids: tuple[str, ...]

    def place(self, row: int) -> str:
        return str(self.files[row])

    def encoded(self, rows: NDArray[np.int64]) -> Iterator[Encoded]:
        """Where the images at `rows` are: they are opened one by one, and never read whole before
        their headers are checked."""
        for row in rows.tolist():
            yield Encoded(self.files[row], f"image {self.place(row)}")

    def signature(self, rows: NDArray[np.int64]) -> str:
        return file_signature([self.files[row] for row in rows.tolist()])


def is_image_folder(path: Path) -> bool:
    """Whether `path` holds folders or image files (and no other source took it for its own)."""
    return path.is_dir() and any(entry.is_dir or is_image(entry) for entry in entries(path))


def read_image_folder(name: str, path: Path, wanted: LoadOptions) -> Dataset:
    """The image set in a folder; `name` is what messages and records call it.

    Classes are the folders' names, sorted as text. Class folders directly in `path` are a
    training set without test images. Raises `BadInput` with one line for anything that is missing,
    damaged or does not fit together.
    """
    listed = list_image_folder(name, path)
    return decoded_sets(listed.train, listed.test, listed.classes, wanted)


def list_image_folder(name: str, path: Path) -> Listing:
    """Both splits without their images."""
    train_folder, test_folder = _splits_at(path)
    folders = _class_folders(train_folder)
    classes = tuple(folders)
    train = _split(name, folders, classes)
    test = None
    if test_folder is not None:
        test_folders = _class_folders(test_folder)
        if strange := next((folder for folder in test_folders if folder not in folders), None):
            raise BadInput(
                f"{test_folders[strange]} is no class of {train_folder}; "
                "give both splits the same class folders"
            )
        test = _split(f"{name} (test)", test_folders, classes)
    return Listing(train, test, classes)


def _splits_at(path: Path) -> tuple[Path, Path | None]:
    """The folders of the two splits; the first of `TEST_NAMES` that is there is the test split."""
    folders = {entry.name: entry.path for entry in entries(path) if entry.is_dir}
    test = next((folders[name] for name in TEST_NAMES if name in folders), None)
    if TRAIN in folders:
        return folders[TRAIN], test
    if test is not None:
        raise BadInput(
            f"{path} holds {test.name}/ and no {TRAIN}/; name the folder with both, "
            f"or {test} itself to take it for training"
        )
    return path, None


def _class_folders(split: Path) -> dict[str, Path]:
    """By class, sorted as text; other files beside them (a readme) belong to no class."""
    found = entries(split)
    if stray := next((entry for entry in found if is_image(entry)), None):
        raise BadInput(f"{stray} lies outside a class folder; images are kept {LAYOUT}")
    folders = {entry.name: entry.path for entry in found if entry.is_dir}
    if not folders:
        raise BadInput(f"{split} holds no class folders; images are kept {LAYOUT}")
    return folders


def _split(name: str, folders: dict[str, Path], classes: Sequence[str]) -> FolderSplit:
    listed = [(kind, found) for kind, folder in folders.items() for found in image_files(folder)]
    label_of = {kind: label for label, kind in enumerate(classes)}
    return FolderSplit(
        name=name,
        files=tuple(found.path for _, found in listed),
        labels=np.array([label_of[kind] for kind, _ in listed], np.int64),
        ids=tuple(f"{kind}/{found.name}" for kind, found in listed),
    )
