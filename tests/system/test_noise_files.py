"""Noise from elsewhere, checked and published: `import`, `verify` and `export` as the program."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file

import sem_ray
from sem_ray.data import add_noise, load, read_noise
from sem_ray.spec import DataSpec
from tests.api.noise_folders import noise_folder
from tests.data.noise.importers.hostile import MARK, PICKLES, TORCH_FILES
from tests.data.sources.hub_files import write_pngs
from tests.system.conftest import Command
from tests.system.program import refused, run_program, settings

COUNT = 24
SHAPE = (COUNT, 3, 6, 5)


@pytest.fixture
def data(here: Path) -> Path:
    """Training and test images."""
    write_pngs(here / "set" / "train.parquet", COUNT)
    write_pngs(here / "set" / "test.parquet", 8, first=COUNT)
    return here / "set"


@pytest.fixture
def steps() -> NDArray[np.int8]:
    return np.random.default_rng(3).integers(-8, 9, SHAPE).astype(np.int8)


@pytest.fixture
def noise(here: Path, data: Path, steps: NDArray[np.int8], command: Command) -> Path:
    """Published noise, imported."""
    (here / "sem-fin-def-noise.pkl").write_bytes(pickle.dumps(steps))
    ran = command("import", "sem-fin-def-noise.pkl", "--data", data, "--out", "noise")
    assert ran.code == 0, ran.err
    return here / "noise"


def test_published_noise_becomes_a_folder_like_any_other(
    data: Path, noise: Path, steps: NDArray[np.int8]
) -> None:
    images, found = load(DataSpec(source=str(data))).train, read_noise(noise)
    assert (found.values.numpy() == steps).all()
    assert (found.ids, found.digests) == (images.ids, images.digests)
    manifest = found.manifest
    assert (manifest.method, manifest.radius, manifest.spec) == ("imported", 8, {})
    assert manifest.fingerprint == images.fingerprint
    names = {"manifest.json", "noise.safetensors", "preview.png", "rows.parquet"}
    assert {file.name for file in noise.iterdir()} == names


def test_every_format_gives_the_same_noise(
    here: Path, data: Path, noise: Path, steps: NDArray[np.int8], command: Command
) -> None:
    np.save(here / "a.npy", steps.transpose(0, 2, 3, 1))
    np.savez(here / "a.npz", noise=(steps / 255).astype(np.float16))
    torch.save({"delta": torch.from_numpy(steps) / 255}, here / "a.pt")
    save_file({"delta": torch.from_numpy(steps)}, here / "a.safetensors")
    for name in ("a.npy", "a.npz", "a.pt", "a.safetensors"):
        ran = command("import", name, "--data", data, "--out", "noise", "--json")
        # The same folder: it holds that noise already.
        assert ran.code == 0 and not ran.notes, ran
        assert ran.json()["identity"] == read_noise(noise).manifest.identity


def test_rounding_that_moves_values_is_said(
    here: Path, data: Path, steps: NDArray[np.int8], command: Command
) -> None:
    np.save(here / "a.npy", (steps + 0.25) / 255)
    ran = command("import", "a.npy", "--data", data, "--out", "out", "--radius", 9, "--json")
    (note,) = ran.notes
    assert "rounding moved them by up to 0.25/255" in note
    assert ran.json()["radius"] == 9 and ran.json()["moved"] == pytest.approx(0.25)


@pytest.mark.parametrize(("radius", "says"), [(7, "beyond the radius 7/255"), (300, "radius: ")])
def test_a_radius_that_cannot_be_is_refused(
    here: Path, data: Path, steps: NDArray[np.int8], command: Command, radius: int, says: str
) -> None:
    np.save(here / "a.npy", steps)
    line = refused(command("import", "a.npy", "--data", data, "--out", "o", "--radius", radius))
    assert says in line and not (here / "o").exists()


def test_victims_of_imported_noise_have_the_presets_settings(
    here: Path, data: Path, steps: NDArray[np.int8], command: Command
) -> None:
    np.save(here / "a.npy", steps)
    assert command("import", "a.npy", "--data", data, "--out", "a", "--radius", 9).code == 0
    few = settings(data__test_limit=8)
    ran = command("evaluate", data, "--noise", "a", *few, "--radius", 0, "--json")
    assert ran.code == 0, ran.err
    spec = ran.json()["spec"]
    assert (spec["noise"]["radius"], spec["victim"]["network"]) == (9.0, "small")
    assert ran.json()["accuracies"][0]["protected"] is not None


HOSTILE = {
    **{f"{kind}.pkl": make for kind, make in PICKLES.items()},
    **{f"{kind}.pt": make for kind, make in TORCH_FILES.items()},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_run_nothing_and_leave_nothing(
    here: Path, data: Path, command: Command, tree: Callable[[], set[str]], name: str
) -> None:
    file = here / name.replace(" ", "-")
    file.write_bytes(HOSTILE[name](here))
    before = tree()
    line = refused(command("import", file.name, "--data", data, "--out", "out"))
    assert file.name in line
    assert tree() == before and not (here / MARK).exists()


def _nan(array: NDArray[np.int8]) -> NDArray[np.float64]:
    floats = array / 255
    floats[7, 0, 0, 0] = np.nan
    return floats


ARRAYS: dict[str, tuple[Callable[[NDArray[np.int8]], object], str]] = {
    "NaN": (_nan, "the noise of row 7 is not finite"),
    "too few rows": (lambda a: a[:-1], r"holds \[23, 3, 6, 5\], and noise for the 24 images is"),
    "text": (lambda a: a.astype(str), "holds <U4, not numbers"),
    "objects": (lambda a: a.astype(object), "holds object, not numbers"),
    "zero": (lambda a: a * 0, "holds no noise: every value is 0"),
}


@pytest.mark.parametrize("fault", ARRAYS)
def test_arrays_that_are_no_noise_for_the_images_are_refused(
    here: Path, data: Path, steps: NDArray[np.int8], command: Command, fault: str
) -> None:
    make, says = ARRAYS[fault]
    np.save(here / "a.npy", np.asarray(make(steps)), allow_pickle=True)
    line = refused(command("import", "a.npy", "--data", data, "--out", "out"))
    assert re.search(says, line), line
    assert not (here / "out").exists()


def test_a_folder_of_something_else_takes_no_noise(
    here: Path, data: Path, steps: NDArray[np.int8], command: Command
) -> None:
    np.save(here / "a.npy", steps)
    (here / "mine").mkdir()
    (here / "mine" / "thesis.tex").touch()
    assert "holds no noise" in refused(command("import", "a.npy", "--data", data, "--out", "mine"))


def test_verify_ends_well_for_sound_noise_and_with_1_where_a_check_fails(
    here: Path, data: Path, noise: Path, command: Command
) -> None:
    well = command("verify", noise, data)
    assert well.code == 0 and "17 checks on 24 images: 0 failed" in well.err
    assert "linear separability" in well.out
    rows = noise / "manifest.json"
    rows.write_text(json.dumps({**json.loads(rows.read_text()), "radius": 4}))
    badly = command("verify", noise, data, "--json")
    assert badly.code == 1 and not badly.json()["ok"]
    failed = [row["name"] for row in badly.json()["checks"] if row["status"] == "fail"]
    assert failed == ["radius", "effective radius"]
    assert refused(command("export", noise, data, "--out", "x")).endswith("beyond its radius 4/255")


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def _told(folder: Path, **changes: object) -> None:
    """Other words in the manifest."""
    file = folder / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "rows torn": (lambda f: _cut(f / "rows.parquet"), r"rows\.parquet cannot be read as Parquet"),
    "values torn": (lambda f: _cut(f / "noise.safetensors"), "cannot be read as safetensors"),
    "another key": (
        lambda f: save_file({"x": torch.zeros(SHAPE, dtype=torch.int8)}, f / "noise.safetensors"),
        "holds no tensor named noise",
    ),
    "another shape": (
        lambda f: save_file(
            {"noise": torch.zeros(4, 6, dtype=torch.int8)}, f / "noise.safetensors"
        ),
        r"noise must be int8 \[N, C, H, W\]; it is torch.int8 \[4, 6\]",
    ),
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "manifest.json is missing"),
    "strange settings": (
        lambda f: _told(f, spec={"data": [1]}),
        "the noise's settings: data: expected settings",
    ),
    "a size that nobody meant": (
        lambda f: _told(f, spec={"data": {"resize": 30_000}}),
        r"manifest in .* says resize 30000 and channels None, and its noise is \[3, \d+, \d+\]",
    ),
    "words for a terminal": (lambda f: _told(f, identity="x\x1b[2J\ny"), "manifest.json: identity"),
    "no JSON": (lambda f: (f / "manifest.json").write_bytes(b"{"), "fetch the noise again"),
}


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("verb", [["verify"], ["export", "--out", "x"]], ids=lambda v: v[0])
def test_broken_noise_is_named_and_nothing_is_written(
    here: Path, data: Path, noise: Path, command: Command, tree: Callable[[], set[str]],
    verb: list[str], fault: str,
) -> None:  # fmt: skip
    break_it, says = BROKEN[fault]
    break_it(noise)
    before = tree()
    line = refused(command(verb[0], noise, data, *verb[1:]))
    assert re.search(says, line), line
    assert tree() == before


@pytest.mark.parametrize("verb", [["verify"], ["export", "--out", "x"]], ids=lambda v: v[0])
def test_noise_of_other_data_is_refused(
    here: Path, noise: Path, command: Command, verb: list[str]
) -> None:
    line = refused(command(verb[0], noise, "digits", *verb[1:]))
    assert "belongs to other images: none of the 1,438 images of digits" in line
    assert not (here / "x").exists()


def test_an_exported_set_reads_back_as_the_protected_images(
    here: Path, data: Path, noise: Path, steps: NDArray[np.int8]
) -> None:
    ran = run_program("export", noise, data, "--out", "shielded", "--json", cwd=here)
    assert ran.code == 0, ran.err
    assert (ran.json()["images"], ran.json()["left_out"]) == (COUNT, 0)
    assert "export: 24 images done" in ran.err
    clean = load(DataSpec(source=str(data))).train
    found = load(DataSpec(source=str(here / "shielded"))).train
    assert (found.ids, found.classes) == (clean.ids, clean.classes)
    assert torch.equal(found.labels, clean.labels)
    assert torch.equal(found.images[:], add_noise(clean.images[:], torch.from_numpy(steps)))


def test_folders_of_png_files(here: Path, data: Path, noise: Path, command: Command) -> None:
    ran = command("export", noise, data, "--out", "out", "--format", "imagefolder")
    assert ran.code == 0 and "24 images protected by noise" in ran.out
    assert {file.name for file in (here / "out").iterdir()} == {"cat", "dog", "rows.csv"}
    with Image.open(here / "out" / "dog" / "1.png") as opened:
        assert opened.format == "PNG"


def test_images_without_noise_are_left_out_and_counted(
    here: Path, data: Path, command: Command
) -> None:
    part = load(DataSpec(source=str(data))).train.take(np.arange(5, 15), "")
    noise_folder(here / "part", part)
    ran = command("export", "part", data, "--out", "out", "--json")
    assert (ran.json()["images"], ran.json()["left_out"]) == (10, 14)
    (note,) = ran.notes
    assert "14 of the 24 images have no noise and are left out (first: 0.png)" in note
    assert load(DataSpec(source=str(here / "out"))).train.ids == part.ids


def test_only_an_empty_folder_takes_an_export(
    here: Path, data: Path, noise: Path, command: Command
) -> None:
    (here / "empty").mkdir()
    assert command("export", noise, data, "--out", "empty").code == 0
    before = {file: file.read_bytes() for file in (here / "empty").iterdir()}
    line = refused(command("export", noise, data, "--out", "empty"))
    assert "empty exists and is not an empty folder" in line
    assert {file: file.read_bytes() for file in (here / "empty").iterdir()} == before


def test_an_export_that_breaks_off_leaves_nothing(
    here: Path, data: Path, noise: Path, command: Command, tree: Callable[[], set[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = tree()
    monkeypatch.setattr(Path, "write_bytes", full)
    line = refused(command("export", noise, data, "--out", "x", "--format", "imagefolder"))
    assert "No space left on device" in line
    assert tree() == before


def test_the_functions_do_what_the_verbs_do(here: Path, data: Path, noise: Path) -> None:
    shutil.rmtree(noise)
    made = sem_ray.import_noise(here / "sem-fin-def-noise.pkl", str(data), noise)
    assert sem_ray.verify(made.folder, str(data)).ok
    written = sem_ray.export(made.folder, str(data), here / "out", form="imagefolder")
    assert written.noise == made.identity and (written.folder / "cat").is_dir()
