"""CIFAR's binary version: exact pixels from a folder or an archive, and every fault in one line."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sem_ray.data import load
from sem_ray.data.sources.cifar_files import Layout
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.sources.make_cifar import CIFAR10, CIFAR100, archived, cifar_contents, write_cifar


@pytest.mark.parametrize("layout", [CIFAR10, CIFAR100], ids=lambda layout: layout.folder)
def test_records_are_labels_and_planes(layout: Layout, tmp_path: Path) -> None:
    contents = cifar_contents(layout)
    data = load(DataSpec(source=str(write_cifar(tmp_path / "mine", contents))))
    test = data.require_test()
    last = contents[layout.train[-1]][-3072:]
    expected = [[[last[1024 * c + 32 * y + x] for x in (0, 31)] for y in (0, 31)] for c in range(3)]
    assert data.train.images[:][-1][:, ::31, ::31].tolist() == expected
    assert data.train.images.shape == (4 * len(layout.train), 3, 32, 32)
    assert data.train.labels.tolist() == [0, 1, 2, 3] * len(layout.train)
    assert test.images[:][0].numpy().tobytes() == contents[layout.test][layout.label_bytes :][:3072]
    assert data.train.classes[9] == "class 9" and len(data.train.classes) == 10
    assert (data.train.ids[3], test.ids[3]) == ("train-00003", "test-00003")


@pytest.mark.parametrize("layout", [CIFAR10, CIFAR100], ids=lambda layout: layout.folder)
def test_folder_and_archive_have_one_fingerprint(layout: Layout, tmp_path: Path) -> None:
    contents = cifar_contents(layout)
    write_cifar(tmp_path / layout.folder, contents)
    backwards = dict(reversed(contents.items()))
    archived(tmp_path / "any.TGZ", {"readme.html": b"hello", **backwards}, layout.folder)
    archived(tmp_path / "dotted.tar.gz", contents, f"./{layout.folder}")
    sources = (tmp_path, tmp_path / layout.folder, tmp_path / "any.TGZ", tmp_path / "dotted.tar.gz")
    assert len({load(DataSpec(source=str(source))).train.fingerprint for source in sources}) == 1


def test_ids_are_written_as_those_of_torchvision() -> None:
    from sem_ray.data.sources.cifar_binary import _image_set, _Records

    records = _Records(np.zeros((18, 3, 32, 32), np.uint8), np.zeros(18, np.int64))
    assert _image_set("x", "train", records, ("a", "b")).ids[17] == "train-00017"


def test_limits_classes_and_size_hold_for_cifar(tmp_path: Path) -> None:
    source = str(write_cifar(tmp_path / "c", cifar_contents(records=20)))
    train = load(DataSpec(source=source, classes=4, limit=8, resize=16, channels=1)).train
    assert train.images.shape == (8, 1, 16, 16)
    assert train.labels.bincount().tolist() == [2] * 4


Contents = dict[str, bytes]


def _without(name: str) -> Callable[[Contents], Contents]:
    return lambda contents: {k: v for k, v in contents.items() if k != name}


def _cut(contents: Contents) -> Contents:
    return {**contents, "data_batch_3.bin": contents["data_batch_3.bin"][:-1]}


def _empty(contents: Contents) -> Contents:
    return {**contents, "test_batch.bin": b""}


def _strange_label(contents: Contents) -> Contents:
    batch = bytearray(contents["data_batch_2.bin"])
    batch[3073] = 10
    return {**contents, "data_batch_2.bin": bytes(batch)}


def _strange_test_label(contents: Contents) -> Contents:
    return {**contents, "test_batch.bin": b"\xff" + contents["test_batch.bin"][1:]}


def _one_class(contents: Contents) -> Contents:
    batch = bytes(3073) * 2
    return {k: batch if k.startswith("data") else v for k, v in contents.items()}


def _names_of_no_text(contents: Contents) -> Contents:
    return {**contents, "batches.meta.txt": b"\xff\xfe\xfd"}


def _no_names(contents: Contents) -> Contents:
    return {**contents, "batches.meta.txt": b"\n\n"}


def _endless_names(contents: Contents) -> Contents:
    return {**contents, "batches.meta.txt": b"a\n" * 100_000}


FAULTS: dict[str, tuple[Callable[[Contents], Contents], str]] = {
    "no batch": (_without("data_batch_3.bin"), "lacks data_batch_3.bin; fetch cifar-10-binary"),
    "no test batch": (_without("test_batch.bin"), "lacks test_batch.bin; fetch cifar-10-binary"),
    "no names": (_without("batches.meta.txt"), "lacks batches.meta.txt; fetch cifar-10-binary"),
    "cut": (_cut, r"data_batch_3.bin has 12,291 bytes, which is no whole number of records"),
    "empty": (_empty, "test_batch.bin has 0 bytes, which is no whole number of records of 3,073"),
    "label": (_strange_label, r"image train-00005 has label 10, but there are 10 classes"),
    "test label": (_strange_test_label, r"\(test\): image test-00000 has label 255"),
    "one class": (_one_class, "holds one class only"),
    "binary names": (_names_of_no_text, "batches.meta.txt is not UTF-8 text"),
    "blank names": (_no_names, "batches.meta.txt must name at least two classes"),
    "endless names": (_endless_names, "batches.meta.txt has 200,000 bytes"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_the_fault_is_named(fault: str, kind: str, tmp_path: Path) -> None:
    spoil, says = FAULTS[fault]
    contents = spoil(cifar_contents())
    put = archived if kind == "archive" else write_cifar
    source = put(tmp_path / "c.tar.gz", contents)
    with pytest.raises(BadInput, match=says) as caught:
        load(DataSpec(source=str(source)))
    assert "\n" not in str(caught.value)


def _python_folder(folder: Path) -> Path:
    write_cifar(folder / "cifar-10-batches-py", {"batches.meta": b"x", "data_batch_1": b"x"})
    return folder


def _python_itself(folder: Path) -> Path:
    return _python_folder(folder) / "cifar-10-batches-py"


def _python_hundred(folder: Path) -> Path:
    return write_cifar(folder / "cifar-100-python", {"meta": b"x", "train": b"x", "test": b"x"})


def _python_archive(folder: Path) -> Path:
    return archived(folder / "c.tar.gz", {"data_batch_1": b"x"}, "cifar-10-batches-py")


@pytest.mark.parametrize(
    "make",
    [_python_folder, _python_itself, _python_hundred, _python_archive],
    ids=lambda m: m.__name__,
)
def test_the_pickled_version_is_refused_with_the_way_out(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"Python version of CIFAR, a pickle.* cifar-100?-binary"):
        load(DataSpec(source=str(make(tmp_path))))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"hello", "cannot be read as an archive"),
        (b"", "cannot be read as an archive"),
        (b"\x1f\x8b" + bytes(50), "cannot be read as an archive"),
    ],
    ids=["text", "empty", "damaged"],
)
def test_files_that_are_no_archive(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "c.tar.gz").write_bytes(content)
    with pytest.raises(BadInput, match=says):
        load(DataSpec(source=str(tmp_path / "c.tar.gz")))


def test_an_archive_cut_short(tmp_path: Path) -> None:
    file = archived(tmp_path / "c.tar.gz", cifar_contents())
    file.write_bytes(file.read_bytes()[:-30_000])
    with pytest.raises(BadInput, match="cannot be read as an archive"):
        load(DataSpec(source=str(file)))


def test_an_archive_of_other_things(tmp_path: Path) -> None:
    file = archived(tmp_path / "c.tar.gz", cifar_contents(), "../cifar-10-batches-bin")
    with pytest.raises(BadInput, match=r"holds no CIFAR batches.*cifar-10-binary\.tar\.gz"):
        load(DataSpec(source=str(file)))


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(BadInput, match=r"data_batch_1\.bin is not a regular file"):
        load(DataSpec(source=str(tmp_path / "c.tar.gz")))


def test_a_batch_that_claims_more_than_memory_holds_is_not_read(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin")
        member.size = 3073 * 10**9
        archive.addfile(member)
    with pytest.raises(BadInput, match="more than any batch of CIFAR"):
        load(DataSpec(source=str(tmp_path / "c.tar.gz")))


def test_the_first_classes_by_name_are_relabelled(tmp_path: Path) -> None:
    names = b"".join(b"%c\n" % letter for letter in b"jihgfedcba")
    contents = {**cifar_contents(records=20), CIFAR10.names: names}
    data = load(DataSpec(source=str(write_cifar(tmp_path / "c", contents)), classes=2))
    assert data.train.classes == data.require_test().classes == ("a", "b")
    assert data.train.ids[:3] == ("train-00008", "train-00009", "train-00018")
    assert data.train.labels.tolist()[:3] == [1, 0, 1]
    assert data.require_test().labels.tolist() == [1, 0, 1, 0]
