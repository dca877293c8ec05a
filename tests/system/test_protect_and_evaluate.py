"""The whole line from images to accuracies, as the real program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sem_ray
from sem_ray.cli.console.studies.study_tables import settings_yaml
from sem_ray.data import load, read_noise
from sem_ray.spec import ExperimentSpec
from tests.system.conftest import Command
from tests.system.program import flip_a_bit, refused, run_program, tiny


@pytest.fixture
def noise(here: Path, command: Command) -> Path:
    """A folder of noise for forty digits."""
    assert command("protect", "digits", *tiny(), "--out", "noise").code == 0
    return here / "noise"


def test_noise_is_made_once_and_victims_of_it_are_trained_and_told_as_json(
    here: Path, command: Command
) -> None:
    words = ["protect", "digits", *tiny(noise__radius=16), "--out", "noise", "--json"]
    made = run_program(*words, cwd=here)
    assert made.code == 0, made.err
    first = made.json()
    assert not first["reused"] and first["seconds"] > 0
    assert (first["images"], first["radius"], first["folder"]) == (40, 16.0, str(here / "noise"))
    assert "noise: 2 steps done" in made.err and "final pass" in made.err
    again = command(*words)
    assert again.json() == {**first, "reused": True}
    assert again.err == ""
    radii = ("--radius", 0, "--radius", 2)
    tested = run_program("evaluate", "digits", "--noise", "noise", *radii, "--json", cwd=here)
    assert tested.code == 0, tested.err
    rows = tested.json()["accuracies"]
    assert [row["radius"] for row in rows] == [0.0, 2.0]
    for victim in [row[side] for row in rows for side in ("clean", "protected")]:
        assert 0 <= victim["last"] == victim["curve"][-1][1] <= victim["best"] <= 100
    assert tested.json()["noise"] == first["identity"]


def test_the_published_folder_holds_noise_that_reads_back_within_its_radius(noise: Path) -> None:
    found = read_noise(noise)
    images = load(ExperimentSpec.model_validate(found.manifest.spec).data).train
    assert found.ids == images.ids
    assert 0 < int(found.values.abs().max()) <= found.manifest.radius == 8
    names = {"manifest.json", "noise.safetensors", "preview.png", "rows.parquet"}
    assert {file.name for file in noise.iterdir()} == names
    with Image.open(noise / "preview.png") as preview:
        assert len(np.unique(np.asarray(preview))) > 10


def test_protecting_again_touches_nothing(noise: Path, command: Command) -> None:
    before = {file: file.stat().st_mtime_ns for file in noise.iterdir()}
    again = command("protect", "digits", *tiny(), "--out", "noise")
    assert again.code == 0 and "found in the store" in again.out
    assert {file: file.stat().st_mtime_ns for file in noise.iterdir()} == before


def test_an_existing_empty_folder_is_filled_and_stays_the_same_folder(
    here: Path, command: Command
) -> None:
    (here / "empty").mkdir()
    before = (here / "empty").stat().st_ino
    assert command("protect", "digits", *tiny(), "--out", "empty").code == 0
    assert (here / "empty").stat().st_ino == before
    assert read_noise(here / "empty").ids
    assert not [file for file in (here / "empty").iterdir() if file.name.startswith(".")]


def test_other_noise_is_not_replaced(noise: Path, command: Command) -> None:
    before = (noise / "manifest.json").read_bytes()
    ran = command("protect", "digits", *tiny(noise__radius=16), "--out", "noise")
    assert "holds other noise" in refused(ran)
    assert (noise / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("name", ["thesis.tex", "manifest.json"])
def test_a_folder_of_something_else_is_not_touched(here: Path, command: Command, name: str) -> None:
    (here / "mine").mkdir()
    (here / "mine" / name).write_text("{}")
    line = refused(command("protect", "digits", *tiny(), "--out", "mine"))
    assert "holds no noise" in line or "is not a folder of noise" in line
    assert [file.name for file in (here / "mine").iterdir()] == [name]


def test_noise_of_other_images_is_refused_before_a_victim_is_trained(
    here: Path, noise: Path, store: Path, command: Command
) -> None:
    before = set((store / "victim").iterdir())
    ran = command("evaluate", "digits", "--noise", "noise", "--limit", "60")
    assert "belongs to other images" in refused(ran)
    assert set((store / "victim").iterdir()) == before


def test_noise_that_is_refused_makes_no_store(noise: Path, command: Command, here: Path) -> None:
    elsewhere = here / "elsewhere"
    ran = command("evaluate", "digits", "--noise", noise, "--limit", "60", "--store", elsewhere)
    assert "belongs to other images" in refused(ran)
    (noise / "noise.safetensors").write_bytes(b"torn")
    ran = command("evaluate", "digits", "--noise", noise, "--store", elsewhere)
    assert "noise.safetensors cannot be read" in refused(ran)
    assert not elsewhere.exists()


def tear(file: Path) -> None:
    """Cut `file` in half."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize(("damage", "digests"), [(flip_a_bit, True), (tear, True), (tear, False)])
def test_damaged_artifacts_are_said_and_made_again(
    store: Path,
    command: Command,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
    digests: bool,
) -> None:
    """Also those without digests, as earlier versions wrote them."""

    def accuracies(out: str) -> object:
        assert command("protect", "digits", *tiny(), "--no-check", "--out", out).code == 0
        words = [*tiny(), "--radius", "0", "--json"]
        rows = command("evaluate", "digits", "--noise", out, *words).json()["accuracies"]
        return [(row["clean"]["curve"], row["protected"]["curve"]) for row in rows]

    first = accuracies("first")
    files = [*store.glob("noise/*/noise.safetensors"), *store.glob("victim/*/victim.json")]
    assert len(files) == 3
    for file in files:
        damage(file)
        if not digests:
            (file.parent / "SHA256SUMS").unlink()
    assert accuracies("again") == first
    assert [line.endswith("made again") for line in caplog.messages] == [True] * 3
    assert len(list(store.glob("*/*.damaged"))) == 3


def test_without_noise_the_baseline_alone_is_trained(command: Command) -> None:
    ran = command("evaluate", "digits", *tiny(), "--radius", "0", "--json")
    (row,) = ran.json()["accuracies"]
    assert row["protected"] is None and row["clean"]["radius"] == 0.0
    assert "victim ρ=0 clean: 2 steps done" in ran.err


def test_without_a_check_none_is_made(store: Path, command: Command) -> None:
    ran = command("protect", "digits", *tiny(), "--out", "noise", "--no-check", "--json")
    assert ran.json()["check"] is None and ran.json()["advice"] == []
    assert not (store / "victim").exists() and "check" not in ran.err


def test_protect_ends_with_an_answer_and_evaluate_with_one_a_radius(
    noise: Path, command: Command
) -> None:
    again = command("protect", "digits", *tiny(), "--out", "noise")
    assert "whether the noise protects cannot be told: a small network" in again.out
    assert "  try: the small network learned nothing from clean images" in again.out
    told = command("protect", "digits", *tiny(), "--out", "noise", "--json").json()["check"]
    assert told["answer"] == "cannot be told" and told["sentence"] in again.out
    assert 0 < told["comparison"]["clean"]["low"] < told["comparison"]["clean"]["high"]
    tested = command("evaluate", "digits", "--noise", noise, "--radius", "0", "--seeds", "2")
    assert "cannot be told" in tested.out and "over seeds" in tested.err
    assert "victim ρ=0 clean, seed 1: 2 steps done" in tested.err
    ran = command("evaluate", "digits", "--noise", noise, "--radius", "0", "--seeds", "2", "--json")
    assert ran.err == "" and len(ran.json()["repeats"]) == 1
    (found,) = ran.json()["comparisons"]
    assert found["answer"] == "cannot be told" and found["clean"]["samples"] == 2
    assert 10 <= ran.json()["chance"] < 20


def test_evaluate_takes_one_seed_or_more(command: Command) -> None:
    assert "seeds 0" in refused(command("evaluate", "digits", *tiny(), "--seeds", "0"))


def test_victims_are_reused_by_radius(noise: Path, command: Command) -> None:
    first = command("evaluate", "digits", "--noise", noise, "--radius", "2")
    again = command("evaluate", "digits", "--noise", noise, "--radius", "2", "--radius", "0")
    assert "victim ρ=2" in first.err
    assert "victim ρ=2" not in again.err and "victim ρ=0 protected" in again.err


def test_a_full_dump_of_settings_is_a_config_that_gives_the_same_noise(
    here: Path, noise: Path, command: Command
) -> None:
    spec = ExperimentSpec.model_validate(read_noise(noise).manifest.spec)
    (here / "best.yaml").write_text(f"# best of study x\n{settings_yaml(spec)}\n")
    ran = command("protect", "--config", "best.yaml", "--out", "best", "--json")
    assert ran.json()["reused"] and ran.json()["spec"] == spec.model_dump(mode="json")


def test_a_step_above_the_radius_is_allowed_and_said_before_the_work(command: Command) -> None:
    large = tiny(noise__step_size=9)
    ran = command("protect", "digits", *large, "--out", "noise", "--json")
    assert ran.code == 0
    (note,) = ran.notes
    assert note.startswith("note: noise.step_size 9 is above noise.radius 8 (1/255)")
    assert ran.err.index(note) < ran.err.index("noise: 2 steps done")
    assert ran.json()["notices"] == [note.removeprefix("note: ")]


def test_a_stem_for_other_images_is_allowed_and_said_before_the_work(command: Command) -> None:
    words = ["--radius", "0", "--json"]
    wrong = tiny(surrogate__network="resnet18", victim__network="resnet18-imagenet")
    ran = command("evaluate", "digits", *wrong, *words)
    assert ran.code == 0, ran.err
    (note,) = ran.notes
    assert note.startswith("note: network resnet18-imagenet has an ImageNet stem")
    assert ran.err.index(note) < ran.err.index("victim ρ=0 clean: 2 steps done")
    assert ran.json()["notices"] == [note.removeprefix("note: ")]
    ran = command("protect", "digits", *tiny(victim__network="resnet18-imagenet"), "--out", "noise")
    assert ran.code == 0 and ran.notes == []


def test_a_network_of_torchvision_makes_noise(command: Command) -> None:
    network = tiny(surrogate__network="torchvision:shufflenet_v2_x0_5")
    ran = command("protect", "digits", *network, "--out", "noise")
    assert ran.code == 0, ran.err
    (note,) = ran.notes
    assert "network torchvision:shufflenet_v2_x0_5 has an ImageNet stem" in note


def test_python_gets_what_the_command_line_gets(here: Path, store: Path) -> None:
    options: dict[str, Any] = {
        "settings": {
            "noise": {"steps": 1, "samples": 1, "final_steps": 1},
            "surrogate": {"steps": 2, "batch": 16},
            "victim": {"steps": 2, "batch": 16, "attack_steps": 1, "radii": [0]},
        },
        "limit": 40,
        "store": store,
    }
    heard: list[str] = []
    made = sem_ray.protect("digits", here / "out", **options, sink=lambda p: heard.append(p.stage))
    tested = sem_ray.evaluate("digits", made.folder, store=store)
    checks = {f"check: victim ρ=0 {side}" for side in ("clean", "protected")}
    assert set(heard) == {"noise", "final pass"} | checks
    assert made.check and made.check.steps == 2
    assert tested.noise == made.identity == read_noise(made.folder).manifest.identity
    (row,) = tested.accuracies
    assert row.clean and row.protected and row.protected.last <= row.protected.best
    assert json.loads((made.folder / "manifest.json").read_text())["identity"] == made.identity
