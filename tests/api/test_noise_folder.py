"""What a folder of the user's must be to take noise, and what it is afterwards."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from sem_ray.api.noise_folder import holds, publish, require_free
from sem_ray.data import read_noise, write_noise
from sem_ray.errors import BadInput, DiskFailed
from sem_ray.files import nearest
from tests.samples import made_noise, random_images

IMAGES = random_images(6)
NAMES = {"manifest.json", "noise.safetensors", "preview.png", "rows.parquet"}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Noise as the store has it."""
    folder = tmp_path / "made"
    folder.mkdir()
    values = torch.full(IMAGES.images.shape, 8, dtype=torch.int8)
    write_noise(folder, made_noise(IMAGES, values))
    return folder


def flip_last_byte(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.mark.parametrize("there", [False, True], ids=["new", "empty folder"])
def test_publishing_gives_the_noise_and_a_preview(tmp_path: Path, made: Path, there: bool) -> None:
    target = tmp_path / "a" / "target"
    if there:
        target.mkdir(parents=True)
    publish(made, "tests", IMAGES, target)
    assert names(target) == NAMES and names(target.parent) == {"target"}
    assert torch.equal(read_noise(target).values, read_noise(made).values)
    assert all(file.stat().st_mode & 0o444 == 0o444 for file in target.iterdir())


def test_the_preview_has_three_rows_and_a_column_a_class(tmp_path: Path, made: Path) -> None:
    publish(made, "tests", IMAGES, tmp_path / "target")
    with Image.open(tmp_path / "target" / "preview.png") as preview:
        tile = 64 + 2 * 2
        assert preview.size == (3 * tile, 3 * tile)
        middle = (tile // 2, tile + tile // 2)
        assert preview.getpixel(middle) == (255, 255, 255), "noise at its radius is full contrast"


def test_noise_that_is_there_already_is_left_as_it_is(tmp_path: Path, made: Path) -> None:
    target = tmp_path / "target"
    publish(made, "tests", IMAGES, target)
    (target / "preview.png").write_bytes(b"mine now")
    publish(made, "tests", IMAGES, target)
    assert (target / "preview.png").read_bytes() == b"mine now"


def test_an_error_in_the_middle_leaves_nothing(
    tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    def failing(source: Path, target: Path) -> None:
        copied.append(source.name)
        target.write_bytes(b"half")
        if len(copied) % 2 == 0:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", failing)
    (tmp_path / "there").mkdir()
    for target in (tmp_path / "new", tmp_path / "there"):
        with pytest.raises(DiskFailed, match=f"cannot write to {target}: No space left on device"):
            publish(made, "tests", IMAGES, target)
    assert names(tmp_path) == {"made", "there"} and names(tmp_path / "there") == set()


def test_a_folder_is_free_where_it_is_absent_empty_or_noise(tmp_path: Path, made: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in ("absent", "absent/below", "empty", "made"):
        require_free(tmp_path / place)
    assert names(tmp_path) == {"empty", "made"}


@pytest.mark.parametrize("content", ["thesis.tex", ".hidden"])
def test_a_folder_of_something_else_is_not_free(tmp_path: Path, content: str) -> None:
    (tmp_path / content).write_text("dear")
    with pytest.raises(BadInput, match="exists and holds no noise"):
        require_free(tmp_path)
    with pytest.raises(BadInput, match="exists and holds no noise"):
        require_free(tmp_path / content)


@pytest.mark.parametrize("name", ["x" * 300, "file/below"])
def test_a_place_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"cannot write to .*; name a folder you can write"):
        require_free(tmp_path / name)


def test_a_folder_holds_only_the_noise_of_its_identity(tmp_path: Path, made: Path) -> None:
    assert holds(made, "tests") and not holds(tmp_path / "absent", "tests")
    with pytest.raises(BadInput, match=r"holds other noise \(tests, not xyz\)"):
        holds(made, "xyz")


def test_damaged_noise_is_said_and_not_replaced(tmp_path: Path, made: Path) -> None:
    (made / "rows.parquet").unlink()
    with pytest.raises(BadInput, match=r"rows\.parquet is missing"):
        holds(made, "tests")


def test_damaged_values_are_said_and_not_replaced(tmp_path: Path, made: Path) -> None:
    target = tmp_path / "target"
    publish(made, "tests", IMAGES, target)
    flip_last_byte(target / "noise.safetensors")
    with pytest.raises(BadInput, match=r"noise\.safetensors is damaged: .*another folder"):
        publish(made, "tests", IMAGES, target)


def test_the_nearest_folder_is_the_one_whose_disk_is_asked(tmp_path: Path) -> None:
    assert nearest(tmp_path / "a" / "b" / "c") == tmp_path == nearest(tmp_path)
