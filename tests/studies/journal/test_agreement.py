"""What may change under the name of a study that has trials, and what may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState, create_trial

from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.definition.study_file import read_study, study_from
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal.storage import SPEC_FILE, load_study, open_study
from sem_ray.studies.samplers.registry import sampler_for
from sem_ray.studies.samplers.view import SamplerView
from tests.studies.definition.mistakes import GOOD
from tests.studies.fakes import study, tree

STEPS = {"low": 1, "high": 5}
RADII = {"choices": [8, 12, 16]}


def searching(steps: Any = STEPS, radii: Any = RADII, **more: Any) -> StudySpec:
    return study(search={"noise.steps": steps, "noise.radius": radii, **more})


@pytest.fixture
def store_with_trials(store: Store) -> Store:
    """A study whose finished trials have 2 and 4 steps and radii of 8 and 12."""
    spec = searching()
    record = open_study(store, spec)
    for steps, radius in ((2, 8), (4, 12)):
        trial = record.begin({"noise.steps": steps, "noise.radius": radius}, {"spec": "{}"})
        record.study.tell(trial, 1.0)
    return store


GOES_ON: dict[str, StudySpec] = {
    "a wider range": searching({"low": 1, "high": 50}),
    "a narrower range": searching({"low": 2, "high": 4}),
    "another scale": searching({"low": 1, "high": 5, "log": True}),
    "a choice more": searching(radii={"choices": [4, 8, 12, 16]}),
    "a choice less": searching(radii={"choices": [12, 8]}),
}


@pytest.mark.parametrize("name", GOES_ON)
def test_a_study_goes_on_in_another_space_that_holds_its_trials(
    store_with_trials: Store, name: str
) -> None:
    spec = GOES_ON[name]
    record = open_study(store_with_trials, spec)
    assert load_study(store_with_trials, "tiny").spec.search == spec.search
    view = SamplerView(record.spec, sampler_for(record.spec))
    for configuration in record.configurations():
        view.add(configuration.values)
    record.study.tell(record.begin(view.propose(), {"spec": "{}"}), 2.0)
    assert [t.state for t in open_study(store_with_trials, spec).study.trials] == (
        [TrialState.COMPLETE] * 3
    )


def test_the_space_before_is_kept_in_the_study_s_file(store_with_trials: Store) -> None:
    record = open_study(store_with_trials, GOES_ON["a wider range"])
    open_study(store_with_trials, GOES_ON["a wider range"])
    content = json.loads((record.folder / SPEC_FILE).read_text())
    (before,) = content["earlier"]
    assert before["trials"] == 2 and before["search"]["noise.steps"]["high"] == 5


REFUSED: dict[str, tuple[StudySpec, str]] = {
    "a value left out": (searching({"low": 3, "high": 5}), "search.noise.steps: study tiny exists"),
    "a choice left out": (searching(radii={"choices": [8, 16]}), "its trial 1 has 12, which is le"),
    "whole numbers no more": (searching({"choices": [2, 4]}), "another search.noise.steps; give"),
    "a setting more": (
        searching(**{"noise.step_size": {"low": 1.0, "high": 2.0}}),
        "another search.noise.step_size; give this one another name",
    ),
    "a condition": (
        searching({**STEPS, "when": {"noise.radius": [8, 12]}}),
        "another search.noise.steps; give",
    ),
    "a formula": (study(derived={"surrogate.radius": "4"}), "derived.surrogate.radius"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_trials_that_could_not_be_compared_are_kept_apart(
    store_with_trials: Store, name: str
) -> None:
    spec, message = REFUSED[name]
    with pytest.raises(BadInput) as caught:
        open_study(store_with_trials, spec)
    assert message in str(caught.value) and "--from tiny" in str(caught.value)
    assert load_study(store_with_trials, "tiny").spec == searching().resolved()


def test_the_line_of_what_changed_is_told(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(GOOD)
    record = open_study(store, read_study(file))
    record.study.tell(record.begin({"noise.steps": 2, "noise.radius": 12}, {"spec": "{}"}), 1.0)
    for old, new, place in (("[8, 12]", "[8, 16]", "9:3"), ("limit: 40,", "limit: 30,", "5:26")):
        file.write_text(GOOD.replace(old, new, 1))
        with pytest.raises(BadInput) as caught:
            open_study(store, read_study(file))
        assert str(caught.value).startswith(f"{file}:{place}: ")


def listed(*radii: int) -> StudySpec:
    without = {key: value for key, value in tree().items() if key not in ("search", "trials")}
    return study_from({**without, "points": [{"noise.radius": r} for r in radii]}, "test.yaml")


def test_a_list_may_grow_and_may_not_lose_what_ran(store: Store) -> None:
    record = open_study(store, listed(8, 12))
    template = {"noise.radius": record.spec.search["noise.radius"].optuna()}
    done = create_trial(value=1.0, params={"noise.radius": 8}, distributions=template)
    record.study.add_trial(done)
    assert open_study(store, listed(4, 8, 16)).spec.grid_size == 3
    with pytest.raises(BadInput, match="points: study tiny exists"):
        open_study(store, listed(4, 16))
