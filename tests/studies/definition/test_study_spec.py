"""A study file is read whole or refused in one line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.data import load
from sem_ray.errors import BadInput
from sem_ray.spec.origin import Origin
from sem_ray.studies.definition.space.distributions import read_distribution
from sem_ray.studies.definition.space.ranges import Range
from sem_ray.studies.definition.study_file import read_study
from sem_ray.studies.definition.study_spec import StudySpec
from tests.data.sources.folder_files import write_images
from tests.data.sources.make_cifar import archived, cifar_contents
from tests.studies.fakes import study, tree

SHIPPED = sorted(Path("search_spaces").absolute().glob("*.yaml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_files_are_studies_named_as_their_file(file: Path) -> None:
    spec = read_study(file)
    assert spec.name == file.stem
    assert spec.hypothesis


def test_there_is_an_embedded_default() -> None:
    assert "quick" in [file.stem for file in SHIPPED]


def test_a_trial_is_preset_then_base_then_searched_values() -> None:
    spec = study().experiment({"noise.radius": 12, "noise.steps": 2})
    assert spec.noise.radius == 12 and spec.noise.alternating.steps == 2
    assert spec.surrogate.steps == 2  # base
    assert spec.surrogate.network == "small"  # preset


def test_a_resolved_study_needs_no_preset_and_survives_json() -> None:
    spec = study(base={"noise": {"steps": 4}})
    resolved = spec.resolved()
    assert resolved.preset is None
    again = StudySpec.model_validate_json(resolved.model_dump_json())
    assert again.experiment({}) == spec.experiment({})
    assert again.search == spec.search


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "empty search": ({"search": {}}, "search is empty"),
    "no search": ({"search": None}, "search is empty"),
    "misspelt key": ({"directon": "minimize"}, "unknown key directon (did you mean direction?)"),
    "misspelt base": (
        {"base": {"noise": {"raduis": 8}}},
        "base: unknown key noise.raduis (did you mean radius?)",
    ),
    "misspelt path": (
        {"search": {"noise.stpes": {"low": 1, "high": 2}}},
        "search: unknown key noise.stpes (did you mean steps?)",
    ),
    "misspelt range": (
        {"search": {"noise.steps": {"low": 1, "high": 2, "stepp": 1}}},
        "search.noise.steps: unknown key stepp (did you mean step?)",
    ),
    "no distribution": (
        {"search": {"noise.steps": [1, 2]}},
        "search.noise.steps: needs {choices: [..]} or {low: .., high: ..}",
    ),
    "low above high": (
        {"search": {"noise.steps": {"low": 3, "high": 2}}},
        "search.noise.steps: low 3 is above high 2",
    ),
    "extreme": ({"search": {"noise.radius": {"low": 0.0, "high": 8.0}}}, "noise.radius: Input"),
    "choice": (
        {"search": {"noise.method": {"choices": ["sem", "sme"]}}},
        "noise.method: no method 'sme' (did you mean sem?)",
    ),
    "between whole numbers": (
        {"search": {"noise.steps": {"low": 1.0, "high": 5.0}}},
        "noise.steps: Input should be a valid integer",
    ),
    "no value": ({"search": {"noise.steps": {"choices": []}}}, "search.noise.steps: choices"),
    "twice": ({"search": {"noise.steps": {"choices": [1, 2, 1]}}}, "1 is there twice"),
    "log of zero": (
        {"search": {"noise.perturbation_scale": {"low": 0.0, "high": 2.0, "log": True}}},
        "a logarithmic range needs low above 0",
    ),
    "log and step": (
        {"search": {"noise.steps": {"low": 1, "high": 5, "step": 2, "log": True}}},
        "log and step exclude each other",
    ),
    "uneven step": (
        {"search": {"noise.steps": {"low": 1, "high": 6, "step": 2}}},
        "steps of 2 from 1 do not end at high 6",
    ),
    "a number as text": (
        {"search": {"noise.step_size": {"low": "1e-3", "high": 1.0}}},
        "search.noise.step_size: low",
    ),
    "unknown metric": (
        {"metric": "test_accuracy_at_8"},
        "no trial reports the metric 'test_accuracy_at_8'",
    ),
    "continuous grid": (
        {"sampler": {"name": "grid"}, "search": {"noise.step_size": {"low": 1.0, "high": 2.0}}},
        "search.noise.step_size: a grid needs finitely many values",
    ),
    "no such data": (
        {"base": {"data": {"source": "digist"}}},
        "data.source: no image set 'digist' (did you mean digits?)",
    ),
    "unknown preset": ({"preset": "quik"}, "no preset 'quik' (did you mean quick?)"),
    "unknown sampler": ({"sampler": {"name": "annealing"}}, "sampler.name: Input should be"),
    "name": ({"name": "My study"}, "name: String should match pattern"),
    "one finalist": ({"replicates": {"finalists": 1}}, "replicates.finalists: Input should be"),
    "no seed": ({"replicates": {"min": 0}}, "replicates.min: Input should be greater"),
    "fewer seeds than at least": (
        {"replicates": {"min": 3, "max": 2}},
        "replicates: max 2 is below min 3",
    ),
    "a seed twice": ({"seeds": [1, 1]}, "replicates: a seed is there twice"),
    "one seed as a number": ({"seeds": 3}, "seeds: needs a list, as [0, 1, 2], got 3"),
    "seeds in two forms": (
        {"seeds": [1, 2], "replicates": {"min": 2}},
        "give replicates or seeds, not both",
    ),
    "misspelt replicates": (
        {"replicates": {"maks": 3}},
        "unknown key replicates.maks (did you mean max?)",
    ),
    "seeds searched and varied": (
        {"search": {"seed": {"low": 1, "high": 5}}, "replicates": {"min": 2}},
        "search.seed: replicates run with other seeds",
    ),
    "no trials": ({"trials": 0}, "trials: Input should be greater than or equal to 1"),
    "a lone surrogate": ({"hypothesis": "\ud800"}, "hypothesis: is not UTF-8 text"),
    "too many choices": (
        {"search": {"data.seed": {"choices": list(range(100_000))}}},
        "search.data.seed: 100,000 choices are more than 1,000",
    ),
    "a vast grid": (
        {"sampler": {"name": "grid"}, "search": {"noise.steps": {"low": 1, "high": 10**9}}},
        "search: a grid of 1,000,000,000 points is more than any sweep runs (100,000)",
    ),
    "a number beyond floats": (
        {"search": {"noise.steps": {"low": 1, "high": 10**400}}},
        "search.noise.steps: holds more values than a float can tell apart",
    ),
    "steps beyond counting": (
        {"search": {"noise.radius": {"low": 1.0, "high": 2.0, "step": 1e-320}}},
        "search.noise.radius: holds more values than a float can tell apart",
    ),
    "a width beyond floats": (
        {"search": {"surrogate.learning_rate": {"low": -1.7e308, "high": 1.7e308}}},
        "search.surrogate.learning_rate: holds more values than a float can tell apart",
    ),
    "less than Ray can count": (
        {"resources": {"cpus": 0.00001}},
        "resources.cpus: Input should be greater than or equal to 0.01",
    ),
    "a share of a GPU too small": (
        {"resources": {"gpus": 0.001}},
        "resources.gpus: a share of a GPU is at least 0.01, or 0 for none",
    ),
    "a GPU and a half": (
        {"resources": {"gpus": 1.5}},
        "resources.gpus: above 1, GPUs come as whole numbers",
    ),
    "more actors than shards": (
        {"resources": {"actors": {"count": 3}}},
        "resources.actors.count: 3 actors cannot share 2 shards",
    ),
    "more actors than a choice of shards": (
        {"resources": {"actors": {"count": 3}}, "search": {"shards": {"choices": [4, 2]}}},
        "resources.actors.count: 3 actors cannot share 2 shards",
    ),
    "more actors than images": (
        {
            "resources": {"actors": {"count": 12}},
            "base": {"shards": 16, "data": {"limit": 10}},
        },
        "resources.actors.count: 12 actors cannot share 10 shards",
    ),
    "actors without number": (
        {"resources": {"actors": {"count": 10**9}}},
        "resources.actors.count: Input should be less than or equal to 10000",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_refused_in_one_line_that_names_the_thing(case: str) -> None:
    changes, message = REFUSED[case]
    start = time.monotonic()
    with pytest.raises(BadInput) as refusal:
        study(**changes)
    assert time.monotonic() - start < 5
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_unknown_metric_is_answered_with_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"trials report test_accuracy_at_0, test_accuracy_at_4, "):
        study(metric="loss")


def test_data_beside_the_search_file_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "images" / "train")
    file = tmp_path / "mine.yaml"
    sources = {"data.source": {"choices": ["images", "digits"]}}
    file.write_text(yaml.safe_dump(tree(base={"data": {"source": "images"}}, search=sources)))
    monkeypatch.chdir("/")
    spec = read_study(file)
    assert spec.experiment({}).data.source == str(tmp_path / "images")
    assert spec.search["data.source"].probes() == (str(tmp_path / "images"), "digits")


def test_folders_of_image_files_and_archives_are_data_too(tmp_path: Path) -> None:
    write_images(tmp_path / "photos" / "train")
    archive = archived(tmp_path / "cifar-10-binary.tar.gz", cifar_contents())
    file = tmp_path / "mine.yaml"
    sources = {"data.source": {"choices": ["photos", archive.name]}}
    file.write_text(yaml.safe_dump(tree(base={"data": {"source": "photos"}}, search=sources)))
    spec = read_study(file)
    assert spec.search["data.source"].probes() == (str(tmp_path / "photos"), str(archive))
    assert len(load(spec.experiment({}).data).train) == 6
    assert len(load(spec.experiment({"data.source": str(archive)}).data).train) == 20


@pytest.mark.parametrize("text", ["", "- 1", "name: [", "name: x"])
def test_files_that_are_no_study(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(BadInput, match=r"bad\.yaml"):
        read_study(file)


@given(share=st.floats(0, 1, exclude_max=True), low=st.integers(1, 9), width=st.integers(0, 9))
def test_every_share_picks_a_value_inside(share: float, low: int, width: int) -> None:
    high = low + width
    spans = [
        Range(low=low, high=high),
        Range(low=low, high=high, log=True),
        Range(low=float(low), high=float(high)),
        Range(low=float(low), high=float(high), log=True),
        Range(low=float(low), high=float(high), step=0.25),
    ]
    for span in spans:
        value = span.pick(share)
        assert low <= value <= high
        assert isinstance(value, int) == span.whole
        distribution = span.optuna()
        assert distribution._contains(distribution.to_internal_repr(value))


def test_ranges_without_a_dot_hold_whole_numbers() -> None:
    assert read_distribution({"low": 1, "high": 5}, Origin("x")).size == 5
    assert read_distribution({"low": 0.0, "high": 1.0, "step": 0.25}, Origin("x")).size == 5
    assert read_distribution({"low": 0.0, "high": 1}, Origin("x")).size is None


def test_seeds_are_replicates_of_every_configuration() -> None:
    each = study(seeds=[3, 1, 8]).runs_each
    assert (each.min, each.max, each.confirm) == (3, 3, 4)
    assert [each.seed(number, 0) for number in range(5)] == [3, 1, 8, 9, 10]
    assert [study(replicates={}).runs_each.seed(number, 5) for number in range(3)] == [5, 6, 7]


def test_the_earlier_form_finalists_is_read() -> None:
    each = study(finalists={"count": 2, "seeds": 4}).runs_each
    assert (each.min, each.max, each.finalists, each.confirm) == (1, 5, 2, 4)
