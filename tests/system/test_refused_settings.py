"""Settings that make no sense: one clear line, exit 2, and nothing written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.studies.fakes import tree as study_tree
from tests.system.conftest import Command
from tests.system.program import Ran, refused, run_program, tiny

Tree = Callable[[], set[str]]

SETTINGS = {
    "noise.radius=nan": "noise.radius: Input should be a finite number",
    "noise.radius=.nan": "noise.radius: Input should be a finite number",
    "noise.radius=.inf": "noise.radius: Input should be a finite number",
    "noise.radius=-8": "noise.radius: Input should be greater than or equal to 1, got -8",
    "noise.radius=0": "noise.radius: Input should be greater than or equal to 1, got 0",
    "noise.radius=128": "noise.radius: Input should be less than or equal to 127",
    "noise.step_size=0": "noise.step_size: Input should be greater than 0",
    "noise.step_size=.nan": "noise.step_size: Input should be a finite number",
    "noise.steps=0": "noise.steps: Input should be greater than or equal to 1",
    "victim.radii=[0, .nan]": "victim.radii.1: Input should be a finite number",
    "victim.radii=[-1]": "victim.radii.0: Input should be greater than or equal to 0",
    "victim.radii=[]": "victim.radii: Tuple should have at least 1 item",
    "noise.raduis=8": r"unknown key noise.raduis \(did you mean radius\?\)",
    "nosie.radius=8": r"unknown key nosie \(did you mean noise\?\)",
    "raduis=8": r"unknown key raduis \(did you mean noise.radius\?\)",
    "augmentation={kind: resized_crop, sise: 8}": r"augmentation.sise \(did you mean size\?\)",
    "noise.xyzzy=8": "unknown key noise.xyzzy; known: method, radius",
    "surrogate.network=smal": r"surrogate.network: no network 'smal' \(did you mean small\?\)",
    "victim.network=resnet34": r"victim.network: no network 'resnet34' \(did you mean resnet",
    "victim.network=torchvision:resnet_18": r"\(did you mean torchvision:resnet18\?\)",
    "noise.radius": "not of the form path=value",
    "noise.radius=[8": "--set noise.radius is not YAML",
    "augmentation.padding=1000000": "augmentation.padding: .* less than or equal to 512",
    "augmentation={kind: resized_crop, size: 100000}": "size: .* less than or equal to 4096",
    "noise=8": "noise: Input should be a valid dictionary",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_bad_setting_is_named_by_its_path(command: Command, tree: Tree, setting: str) -> None:
    words = ["protect", "digits", *tiny(), "--set", setting, "--out", "out"]
    line = refused(command(*words))
    assert re.search(SETTINGS[setting], line), line
    assert tree() == set()


def test_a_network_that_cannot_take_the_images_is_refused_before_any_work(
    command: Command, store: Path
) -> None:
    words = ["protect", "digits", *tiny(surrogate__network="torchvision:alexnet"), "--out", "out"]
    line = refused(command(*words))
    assert "network torchvision:alexnet cannot take images of 32×32 pixels" in line
    assert "take another network" in line
    assert not list(store.glob("noise/*/manifest.json"))


@pytest.mark.parametrize("radius", ["nan", "-1", "inf", "wide"])
def test_a_bad_victim_radius_is_refused(command: Command, tree: Tree, radius: str) -> None:
    refused(command("evaluate", "digits", *tiny(), "--radius", radius))
    assert tree() <= {"store"}


CONFIGS = {
    "noise: {raduis: 8}": r"bad.yaml:1:9: unknown key noise.raduis \(did you mean radius\?\)",
    "noise: {radius: .nan}": "bad.yaml:1:9: noise.radius: Input should be a finite number",
    "noise: [1": "bad.yaml:1:10 is not YAML",
    "- noise": "bad.yaml holds a list, not a mapping of settings",
    "noise:": "bad.yaml:1:1: noise: Input should be a valid dictionary",
    "1: 2": "bad.yaml:1:1: 1: Keys should be strings",
    "": "bad.yaml is empty: it holds no settings",
    "noise: {steps: 1, steps: 2}": "bad.yaml:1:19: the key 'steps' is there twice",
    "noise: {radius: [" + "8, " * 9000 + "8]}": "bad.yaml:1:9: noise.radius: .*, got .* … .*8, 8]$",
    "!!python/object/apply:os.system [ls]": "bad.yaml:1:1 is not YAML",
}


@pytest.mark.parametrize("text", CONFIGS)
def test_a_bad_config_file_is_named(here: Path, command: Command, tree: Tree, text: str) -> None:
    (here / "bad.yaml").write_text(text)
    line = refused(command("protect", "digits", "--config", "bad.yaml", "--out", "out"))
    assert re.search(CONFIGS[text], line), line
    assert tree() == {"bad.yaml"}


WORDS = {
    "protect digits": "--out requires an argument",
    "protect --out out": "which images\\? name DATA: digits, .* a Parquet file",
    "evaluate": "which images\\? name DATA: digits, .* a Parquet file",
    "protect digits --out out --raduis 8": "Unknown option: --raduis",
    "protect digits --out out --limit few": "'few' is no whole number; write one",
    "protect digits --out out --preset quik": r"no preset 'quik' \(did you mean quick\?\)",
    "protect digits --out out --config nowhere.yaml": "cannot read nowhere.yaml: No such file",
    "protect digits --out out --device tpu": "device 'tpu' is unknown",
    "evaluate digits --noise nowhere": "no noise at .*nowhere: there is no such folder",
    "evaluate digits --no-baseline": "nothing to evaluate",
    "protcet digits": 'Unknown command "protcet". Did you mean "protect"',
    "sweep nowhere.yaml": "cannot read nowhere.yaml: No such file",
    "status quick": "no store at .*store: run `sem-ray sweep FILE` first",
    "best quick": "no store at .*store: run `sem-ray sweep FILE` first",
    "best quick --out best.yaml": "no store at .*store: run `sem-ray sweep FILE` first",
}


@pytest.mark.parametrize("words", WORDS)
def test_a_command_line_that_cannot_be_meant_is_refused(
    command: Command, tree: Tree, words: str
) -> None:
    line = refused(command(*words.split()))
    assert re.search(WORDS[words], line), line
    assert tree() == set()


def test_data_whose_name_is_not_utf8_is_refused(command: Command, tree: Tree) -> None:
    line = refused(command("protect", os.fsdecode(b"images-\xff"), *tiny(), "--out", "out"))
    assert "data.source: is not UTF-8 text" in line and "rename it" in line
    assert tree() == set()


STUDIES: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt key": ({"tirals": 3}, r"unknown key tirals \(did you mean trials\?\)"),
    "a misspelt base": (
        {"base": {"noise": {"raduis": 8}}},
        r"unknown key noise.raduis \(did you mean radius\?\)",
    ),
    "a misspelt search": (
        {"search": {"noise.raduis": {"choices": [8]}}},
        r"unknown key noise.raduis \(did you mean radius\?\)",
    ),
    "an empty search": ({"search": {}}, "search is empty; name what varies"),
    "no choices": ({"search": {"noise.radius": {"choices": []}}}, "at least 1 item"),
    "an empty range": ({"search": {"noise.steps": {"low": 5, "high": 1}}}, "low 5 is above high 1"),
    "a bad choice": ({"search": {"noise.radius": {"choices": [8, 0]}}}, "noise.radius: .* got 0"),
    "an unknown metric": (
        {"metric": "test_accuracy_at_8"},
        r"no trial reports the metric 'test_accuracy_at_8' \(did you mean test_accuracy_at_4\?\)",
    ),
    "no trials": ({"trials": 0}, "trials: Input should be greater than or equal to 1"),
    "an unknown network": (
        {"base": {"surrogate": {"network": "resnet-18"}}},
        r"study.yaml:\d+:\d+: base: surrogate.network: no network 'resnet-18' \(did you mean resn",
    ),
    "an unknown network among choices": (
        {"search": {"victim.network": {"choices": ["small", "wrn-34-1"]}}},
        r"study.yaml:\d+:\d+: search: victim.network: no network 'wrn-34-1' \(did you mean wrn-",
    ),
}


@pytest.mark.parametrize("fault", STUDIES)
def test_a_study_that_cannot_run_is_refused_before_anything_starts(
    here: Path, command: Command, tree: Tree, fault: str
) -> None:
    changes, message = STUDIES[fault]
    (here / "study.yaml").write_text(yaml.safe_dump(study_tree(**changes)))
    for words in (["--dry-run"], []):
        line = refused(command("sweep", "study.yaml", *words))
        assert re.search(message, line), line
    assert tree() == {"study.yaml"}


def test_a_dry_run_writes_nothing(here: Path, command: Command, tree: Tree) -> None:
    (here / "study.yaml").write_text(yaml.safe_dump(study_tree()))
    ran: Ran = command("sweep", "study.yaml", "--dry-run", "--json")
    assert len(ran.json()["proposals"]) == 4 and ran.json()["trials"] == 4
    assert tree() == {"study.yaml"}


def test_the_program_itself_ends_with_2_and_one_line(here: Path) -> None:
    words = ["protect", "digits", "--set", "noise.raduis=8", "--out", "out", "--json"]
    ran = run_program(*words, cwd=here)
    assert "did you mean radius?" in refused(ran)
    assert len(ran.err.splitlines()) == 1


def test_a_method_there_is_not_is_refused_with_the_nearest(command: Command, tree: Tree) -> None:
    line = refused(command("protect", "digits", *tiny(), "--method", "rme", "--out", "out"))
    assert "noise.method: no method 'rme' (did you mean rem?)" in line
    assert tree() == set()
