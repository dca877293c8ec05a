"""Every trial of a study as a person reads it: a table that says all and fits."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from sem_ray.cli.console.studies.study_tables import show_status as show
from sem_ray.cli.console.studies.trial_table import in_lines
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.queries import RowState, StudyStatus
from tests.cli.console.conftest import MakeScreen
from tests.cli.console.study_samples import OBJECTIVES, measured, row, status


def show_status(found: StudyStatus) -> None:
    show(found, trials=True)


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
