"""Results as a person reads them: tables that say all and fit, and YAML that reads back."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sem_ray.cli.console.study_tables import (
    Swept,
    in_lines,
    settings_yaml,
    show_best,
    show_status,
    show_sweep,
)
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import parse_yaml
from sem_ray.spec.validation import validated
from sem_ray.studies.definition.configuration import configuration
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.queries import Best, RowState, StudyStatus, TrialRow
from sem_ray.studies.run.sweep import FailedTrial, SweepResult
from tests.cli.console.conftest import MakeScreen
from tests.cli.console.study_samples import OBJECTIVES, SPEC, measured

VALUES = {
    "noise.steps": 3,
    "noise.step_size": 11.53456,
    "noise.perturbation_scale": 0.317345,
    "noise.radius": 16,
    "surrogate.radius": 2,
}
"""What the embedded study searches."""


def row(number: int, state: RowState = "complete", **changes: Any) -> TrialRow:
    done = state == "complete"
    facts: dict[str, Any] = {
        "values": VALUES,
        "value": 60.6 if done else None,
        "measurements": measured() if done else (),
        "error": None,
        "seconds": 77.4 if done else None,
        "configuration": number,
        "seed": 0,
    }
    return TrialRow(number, state, **{**facts, **changes})


def status(*rows: TrialRow) -> StudyStatus:
    return StudyStatus("quick", OBJECTIVES, 8, False, rows)


def test_a_trials_row_has_its_settings_accuracies_and_seconds(screen: MakeScreen) -> None:
    seen = screen()
    show_status(status(row(7)))
    (line,) = [line for line in seen.lines if line.startswith("7")]
    cells = ["7", "3", "11.5", "0.317", "16", "2", "98.2→32.4", "100.0→60.6", "46.2", "77"]
    assert line.split() == cells
    assert "1 of 8 trials finished; not running" in seen.text


def test_the_embedded_study_fits_a_terminal_of_eighty_columns(screen: MakeScreen) -> None:
    seen = screen()
    finer = measured(clean_accuracy_at_4=98.4)
    show_status(status(*(row(number, measurements=finer) for number in range(8))))
    assert max(cell_len(line) for line in seen.lines) <= 80
    assert len([line for line in seen.lines if "98.2→32.4" in line]) == 8
    assert "…" not in seen.text


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_table_folds_and_drops_nothing(screen: MakeScreen, width: int) -> None:
    seen = screen(width=width)
    show_status(status(row(0), row(1, "interrupted")))
    assert max(cell_len(line) for line in seen.lines) <= width
    assert "…" not in seen.text


def test_trials_that_are_not_finished_say_so(screen: MakeScreen) -> None:
    seen = screen(width=120)
    states: list[RowState] = ["failed", "running", "interrupted"]
    show_status(status(*(row(number, state) for number, state in enumerate(states))))
    for text in ("0 failed", "1 running", "2 cut off"):
        assert text in seen.text
    assert "0 of 8 trials finished" in seen.text


@pytest.mark.parametrize(("direction", "leader"), [("minimize", 1), ("maximize", 2)])
def test_the_best_trial_stands_out(screen: MakeScreen, direction: Any, leader: int) -> None:
    seen = screen(width=120)
    values = enumerate((50.0, 40.0, 60.0))
    done = (row(n, measurements=measured(test_accuracy_at_4=value)) for n, value in values)
    objectives = (Objective(metric="test_accuracy_at_4", direction=direction),)
    show_status(StudyStatus("quick", objectives, 8, False, (*done, row(3, "failed"))))
    green = [line for line in seen.drawn.getvalue().splitlines() if "\x1b[32m" in line]
    (line,) = green
    assert f"\x1b[32m{leader}" in line


def test_a_study_without_a_trial_is_an_empty_table(screen: MakeScreen) -> None:
    seen = screen()
    show_status(status())
    assert "0 of 8 trials finished" in seen.text


def test_the_end_of_a_sweep_shows_trials_failures_and_the_best(screen: MakeScreen) -> None:
    seen = screen(terminal=False, width=240)
    result = SweepResult("quick", 1, 2, (FailedTrial(1, "out of luck"),), 61.7)
    best = Best("quick", 0, OBJECTIVES, measured(), SPEC)
    show_sweep(Swept(result, status(row(0), row(1, "failed")), best))
    assert "trial 1 failed: out of luck" in seen.text
    assert "1 of 2 trials finished; 62 s" in seen.text
    assert "# best of study quick: trial 0, test_accuracy_at_4 60.6" in seen.text
    assert " best quick --out best.yaml" in seen.text


def test_the_best_is_yaml_that_reads_back_whatever_the_screen(screen: MakeScreen) -> None:
    for terminal, width in ((True, 40), (True, 80), (False, 240)):
        seen = screen(terminal=terminal, width=width)
        show_best(Best("quick", 3, OBJECTIVES, measured(), SPEC))
        assert yaml.safe_load(seen.text) == configuration(SPEC)


def test_the_best_fits_eighty_columns(screen: MakeScreen) -> None:
    seen = screen()
    show_best(Best("quick", 3, OBJECTIVES, measured(), SPEC))
    assert max(len(line) for line in seen.lines) <= 80


@pytest.mark.parametrize("source", ["[red]/path", ":smile:", "a: b # c", "{x}", "a b" * 40, "a\nb"])
def test_names_in_the_best_are_not_markup_and_stay_in_their_comment(
    screen: MakeScreen, source: str
) -> None:
    seen = screen()
    data = SPEC.data.model_copy(update={"source": source, "limit": 40})
    show_best(Best("quick", 3, OBJECTIVES, measured(), SPEC.model_copy(update={"data": data})))
    assert parse_yaml(seen.text, "best") == configuration(SPEC)
    said = " ".join(line.removeprefix("# ") for line in seen.lines if line.startswith("#"))
    told = said.partition("found on ")[2].rpartition(";")[0]
    assert yaml.safe_load(told) == {"source": source, "limit": 40, "seed": 0}


def test_the_best_of_several_objectives_says_by_which(screen: MakeScreen) -> None:
    seen = screen()
    several = (*OBJECTIVES, Objective(metric="generation_seconds"))
    show_best(Best("quick", 3, several, measured(), SPEC))
    assert "test_accuracy_at_4 60.6 (the first of 2 objectives)" in seen.text


def test_trials_that_none_beats_in_every_objective_stand_out(screen: MakeScreen) -> None:
    seen = screen(width=120)
    several = (*OBJECTIVES, Objective(metric="generation_seconds"))
    pairs = enumerate(((50.0, 9.0), (40.0, 10.0), (60.0, 12.0)))
    rows = tuple(
        row(n, measurements=measured(test_accuracy_at_4=accuracy, generation_seconds=seconds))
        for n, (accuracy, seconds) in pairs
    )
    show_status(StudyStatus("quick", several, 8, False, rows))
    green = [line for line in seen.drawn.getvalue().splitlines() if "\x1b[32m" in line]
    assert [line.partition("\x1b[32m")[2][0] for line in green] == ["0", "1"]
    assert "(minimize test_accuracy_at_4, minimize generation_seconds)" in seen.text


def test_settings_are_a_paragraph_a_section() -> None:
    text = settings_yaml(SPEC)
    starts = [line.partition(":")[0] for line in text.splitlines() if not line.startswith(" ")]
    assert starts == list(SPEC.model_dump())


def test_a_long_name_is_broken_for_a_narrow_column() -> None:
    assert in_lines("noise.perturbation_scale").split("\n") == [
        "noise",
        "perturb-",
        "ation",
        "scale",
    ]
    assert in_lines("noise.steps").split("\n") == ["noise", "steps"]


def test_further_runs_name_the_trial_they_repeat_and_their_seed(screen: MakeScreen) -> None:
    seen = screen()
    show_status(status(row(7), row(8, configuration=7, seed=1)))
    (again,) = [line for line in seen.lines if line.startswith("8 = 7")]
    assert again.split()[3] == "1"
    assert any("seed" in line for line in seen.lines)


@given(
    st.floats(1, 127),
    st.none() | st.floats(0.01, 255),
    st.lists(st.floats(0, 255), min_size=1, max_size=4),
    st.sampled_from(["digits", "a: b", "#x", "'", '"', "- x", "ρ", "a b" * 40, "{x}", "null", "5"]),
)
def test_a_spec_written_as_yaml_reads_back_the_same(
    radius: float, step: float | None, radii: list[float], source: str
) -> None:
    tree = {
        "data": {"source": source},
        "noise": {"radius": radius, "step_size": step},
        "victim": {"radii": radii},
    }
    spec = ExperimentSpec.model_validate(tree)
    assert validated(ExperimentSpec, parse_yaml(settings_yaml(spec), "best"), "best") == spec
