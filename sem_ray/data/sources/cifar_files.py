"""The files of CIFAR's binary version, from a folder or from an archive that is never unpacked."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sem_ray.errors import BadInput
from sem_ray.files import reason_of

PIXEL_BYTES = 3 * 32 * 32
MOST_RECORDS = 200_000
"""Of one file. The largest that was published holds 50,000; a small archive can claim more than
the memory holds."""
LONGEST_NAMES = 100_000
"""Bytes of a list of class names."""
ARCHIVES = (".tar.gz", ".tgz")

Contents = Mapping[str, bytes]
"""By file name."""


@dataclass(frozen=True)
class Layout:
    """What one of the two sets is made of."""

    archive: str
    folder: str
    pickled: str
    """Folder of the Python version."""
    train: tuple[str, ...]
    test: str
    names: str
    label_bytes: int

    @property
    def record(self) -> int:
        """Bytes."""
        return self.label_bytes + PIXEL_BYTES

    @property
    def files(self) -> tuple[str, ...]:
        return (*self.train, self.test, self.names)


CIFAR10 = Layout(
    archive="cifar-10-binary.tar.gz",
    folder="cifar-10-batches-bin",
    pickled="cifar-10-batches-py",
    train=tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    test="test_batch.bin",
    names="batches.meta.txt",
    label_bytes=1,
)
CIFAR100 = Layout(
    archive="cifar-100-binary.tar.gz",
    folder="cifar-100-binary",
    pickled="cifar-100-python",
    train=("train.bin",),
    test="test.bin",
    names="fine_label_names.txt",
    label_bytes=2,
)
LAYOUTS = (CIFAR10, CIFAR100)


def is_cifar(path: Path) -> bool:
    """Whether `path` is an archive, or a folder with any batch of either version."""
    if not path.is_dir():
        return path.name.lower().endswith(ARCHIVES)
    return _folder_at(path) is not None or _pickled_at(path) is not None


def contents_at(path: Path) -> tuple[Layout, Contents]:
    """All files of the set at `path`.

    Raises `BadInput` if one is missing or is no whole number of records, and for the Python
    version, which is a pickle.
    """
    if not path.is_dir():
        return _from_archive(path)
    found = _folder_at(path)
    if found is None:
        raise _refusal(path, _pickled_at(path) or CIFAR10)
    layout, folder = found
    return layout, {file: _read(folder / file, layout) for file in layout.files}


def _folder_at(path: Path) -> tuple[Layout, Path] | None:
    for layout in LAYOUTS:
        for folder in (path, path / layout.folder):
            if any((folder / file).is_file() for file in (*layout.train, layout.test)):
                return layout, folder
    return None


def _pickled_at(path: Path) -> Layout | None:
    ten = (path, path / CIFAR10.pickled)
    if any((folder / "batches.meta").is_file() for folder in ten):
        return CIFAR10
    hundred = (path, path / CIFAR100.pickled)
    whole = (folder for folder in hundred if (folder / "meta").is_file())
    return CIFAR100 if any((folder / "train").is_file() for folder in whole) else None


def _read(file: Path, layout: Layout) -> bytes:
    if not file.is_file():
        raise _missing(file.parent, file.name, layout)
    try:
        _require_whole(file, file.name, file.stat().st_size, layout)
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {file}: {reason_of(error)}; fetch it again") from error


def _from_archive(path: Path) -> tuple[Layout, Contents]:
    """Members of other names are passed over, and nothing is written anywhere."""
    contents: dict[str, bytes] = {}
    layout: Layout | None = None
    with _reading(path), tarfile.open(path, "r:gz") as archive:
        for member in archive:
            folder, _, file = member.name.removeprefix("./").partition("/")
            known = _layout_of(folder, path)
            if known is None or file not in known.files or layout not in (None, known):
                continue
            layout = known
            contents[file] = _member(archive, member, path / folder / file, layout)
            if len(contents) == len(layout.files):
                return layout, contents
    if layout is None:
        raise BadInput(
            f"{path} holds no CIFAR batches; the archives that are read are "
            f"{CIFAR10.archive} and {CIFAR100.archive}"
        )
    raise _missing(path, next(file for file in layout.files if file not in contents), layout)


def _member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path, layout: Layout
) -> bytes:
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None:
        raise BadInput(f"{place} is not a regular file; fetch {layout.archive} again")
    _require_whole(place, place.name, member.size, layout)
    return stream.read()


def _layout_of(folder: str, path: Path) -> Layout | None:
    for layout in LAYOUTS:
        if folder == layout.pickled:
            raise _refusal(path, layout)
        if folder == layout.folder:
            return layout
    return None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        reason = reason_of(error)
        raise BadInput(f"{path} cannot be read as an archive ({reason}); fetch it again") from error


def _require_whole(place: Path, file: str, size: int, layout: Layout) -> None:
    """Check the size only, before anything is read."""
    if PurePosixPath(file).suffix == ".txt":
        if size > LONGEST_NAMES:
            raise BadInput(f"{place} has {size:,} bytes, which is no list of class names")
        return
    if size == 0 or size % layout.record:
        raise BadInput(
            f"{place} has {size:,} bytes, which is no whole number of records of "
            f"{layout.record:,} bytes; fetch it again"
        )
    if size > MOST_RECORDS * layout.record:
        raise BadInput(f"{place} has {size:,} bytes, more than any batch of CIFAR; fetch it again")


def _missing(place: Path, file: str, layout: Layout) -> BadInput:
    return BadInput(
        f"{place} lacks {file}; fetch {layout.archive} again, and keep all of "
        f"{', '.join(layout.files)}"
    )


def _refusal(path: Path, layout: Layout) -> BadInput:
    return BadInput(
        f"{path} is the Python version of CIFAR, a pickle, which can run any program when it is "
        f"opened; give the binary version, {layout.archive}"
    )
