"""A study's configurations as a person reads them: a line each, on whatever screen there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from sem_ray.cli.console.studies.configuration_table import configuration_lines
from sem_ray.metrics.measurement import CLEAN_ACCURACY, TEST_ACCURACY, Measurement
from sem_ray.metrics.statistics import Estimate
from sem_ray.studies.comparison import Comparison, Contender
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.queries import StudyStatus
from tests.cli.console.live_samples import EIGHT, TWO
from tests.cli.console.study_samples import OBJECTIVES, measured, row, status


def lines(found: StudyStatus, width: int = 80, most: int | None = None) -> list[str]:
    return [line.plain for line in configuration_lines(found, width, most)]


def replicated(values: dict[str, Any]) -> StudyStatus:
    """Two configurations with three seeds each."""
    rows = [
        row(
            3 * one + seed,
            configuration=3 * one,
            seed=seed,
            values=values,
            measurements=measured(test_accuracy_at_4=50.0 + 10 * one + seed),
        )
        for one in range(2)
        for seed in range(3)
    ]
    return status(*rows)


def test_seeds_are_folded_into_a_mean_with_its_interval() -> None:
    _, head, first, second, *_ = lines(replicated(TWO), 120)
    names = ["conf", "seeds", "test_accuracy_at_4", "radius", "steps", "ρ=0", "ρ=4", "trial", "s"]
    assert head.split() == names
    cells = ["0", "3", "51.0", "[48.5,", "53.5]", "16", "3", "98.2→32.4", "100.0→51.0", "77"]
    assert first.split() == [*cells, "best"]
    assert second.split()[:3] == ["3", "3", "61.0"]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_eight_settings_and_four_radii_fit_and_what_is_left_out_is_said(width: int) -> None:
    sides = [
        Measurement(name=name, radius=radius, value=99.9, unit="%")
        for name in (TEST_ACCURACY, CLEAN_ACCURACY)
        for radius in (0, 2, 4, 8)
    ]
    rows = [row(number, values=EIGHT, measurements=tuple(sides)) for number in range(3)]
    found = lines(status(*rows), width)
    assert max(map(cell_len, found)) <= width
    assert all(f"ρ={radius}" in " ".join(found) for radius in (0, 2, 4, 8))
    left_out = [line for line in found if line.startswith("no room for")]
    assert len(left_out) == (width <= 80)
    assert sum("99.9→99.9" in cell for cell in found[2].split()) >= {60: 1, 80: 3}.get(width, 4)
    assert sum("noise.radius 16  noise.steps 3" in line for line in found) == 3


def test_of_many_configurations_the_best_are_shown_and_the_others_counted() -> None:
    rows = [
        row(n, values=TWO, measurements=measured(test_accuracy_at_4=90.0 - n)) for n in range(50)
    ]
    found = lines(status(*rows), 120, most=9)
    assert [line.split()[0] for line in found[2:7]] == ["49", "48", "47", "46", "45"]
    assert found[7].startswith("and 45 more: ") and found[7].endswith(" status quick")


def test_what_is_not_finished_is_said_beside_the_configuration() -> None:
    rows = (
        row(0, values=TWO),
        row(1, "running", values=TWO, configuration=0, seed=1),
        row(2, "failed", values=TWO, error="no luck"),
        row(3, "interrupted", values=TWO),
        replace(row(4, values=TWO), broken=("passes",)),
    )
    found = lines(status(*rows), 120)
    told = {line.split()[0]: line.rpartition("  ")[2].strip() for line in found[2:7]}
    assert told["0"] == "best, 1 running"
    assert (told["2"], told["3"], told["4"]) == ("1 failed", "1 cut off", "infeasible")


def test_those_that_cannot_be_told_from_the_best_are_tied() -> None:
    near = Estimate(0.1, -1, 1.2, 3)
    leader = Contender(3, TWO, (0, 1, 2), Estimate(61, 58, 64, 3), None, None)
    other = Contender(0, TWO, (0, 1, 2), Estimate(51, 48, 54, 3), near, "cannot be told apart")
    compared = Comparison(OBJECTIVES[0], (leader, other), True, None, (), 0)
    found = lines(replace(replicated(TWO), comparison=compared), 120)
    assert found[2].startswith("   3") and found[2].endswith("best")
    assert found[3].endswith("tied")
    assert "tied: cannot be told from the best" in found


def test_of_several_objectives_each_has_a_column_and_the_front_is_marked() -> None:
    several = (*OBJECTIVES, Objective(metric="generation_seconds"))
    pairs = enumerate(((50.0, 9.0), (40.0, 10.0), (60.0, 12.0)))
    rows = tuple(
        row(n, values=TWO, measurements=measured(test_accuracy_at_4=a, generation_seconds=s))
        for n, (a, s) in pairs
    )
    found = lines(StudyStatus("quick", several, 8, False, rows), 160)
    assert "generation_seconds" in found[1]
    assert [line.endswith("front") for line in found[2:5]] == [True, True, False]


def test_a_study_without_a_trial_is_a_head() -> None:
    assert len(lines(status())) == 2
