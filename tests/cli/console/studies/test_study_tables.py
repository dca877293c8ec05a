"""Results as a person reads them: tables that say all and fit, and YAML that reads back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sem_ray.cli.console.studies.study_tables import (
    Swept,
    settings_yaml,
    show_best,
    show_status,
    show_sweep,
)
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import parse_yaml
from sem_ray.spec.validation import validated
from sem_ray.studies.definition.configuration import shortest
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.queries import Best
from sem_ray.studies.run.sweep import FailedTrial, SweepResult
from tests.cli.console.conftest import MakeScreen
from tests.cli.console.live_samples import TWO, view
from tests.cli.console.study_samples import OBJECTIVES, SPEC, measured, row, status


def swept(**facts: Any) -> Swept:
    """One trial finished and one failed, of two."""
    failed = (FailedTrial(1, "out of luck"),)
    result = SweepResult("quick", 1, 2, failed, **{"seconds": 61.7, "lost": 0, **facts})
    found = status(row(0), row(1, "failed", error="out of luck"))
    return Swept(result, found, Best("quick", 0, OBJECTIVES, measured(), SPEC))


def test_the_end_of_a_sweep_shows_trials_failures_and_the_best(screen: MakeScreen) -> None:
    seen = screen(terminal=False, width=240)
    show_sweep(swept())
    assert "trial 1 failed: out of luck" in seen.text
    assert "1 of 2 trials finished; 62 s" in seen.text
    assert "configuration 0 is the best found: test_accuracy_at_4 60.6" in seen.text
    assert " best quick --out best.yaml" in seen.text


def test_the_end_of_a_long_sweep_fits_the_screen(screen: MakeScreen) -> None:
    seen = screen(height=24)
    facts = swept()
    many = status(*(row(number) for number in range(60)))
    show_sweep(replace(facts, status=many))
    assert len(seen.lines) <= 24 and max(cell_len(line) for line in seen.lines) <= 80
    assert any(line.startswith("and ") and " more: " in line for line in seen.lines)


def test_why_trials_failed_is_said_each_reason_once(screen: MakeScreen) -> None:
    seen = screen(width=120)
    rows = [row(number, "failed", error=f"reason {number // 2}") for number in range(10)]
    show_status(status(*rows))
    told = [line for line in seen.lines if "failed: reason" in line]
    assert told[0] == "trial 0 and 1 more failed: reason 0" and len(told) == 3
    assert "and 2 other reasons: " in seen.text


def test_what_runs_stands_below_a_studys_table(screen: MakeScreen) -> None:
    seen = screen(width=120)
    show_status(status(row(0)), view(values=TWO))
    assert sum("victim ρ=4 protected" in line for line in seen.lines) == 2


@pytest.mark.parametrize(("seeds", "told"), [(1, "one run with one seed"), (3, "of 3 seeds")])
def test_the_best_says_on_how_many_seeds_it_rests(
    screen: MakeScreen, seeds: int, told: str
) -> None:
    seen = screen()
    show_best(Best("quick", 0, OBJECTIVES, measured() * seeds, SPEC))
    assert told in seen.text


def test_the_best_of_several_objectives_says_by_which(screen: MakeScreen) -> None:
    seen = screen()
    several = (*OBJECTIVES, Objective(metric="generation_seconds"))
    show_best(Best("quick", 3, several, measured(), SPEC))
    told = " ".join(line.removeprefix("# ") for line in seen.lines)
    assert "test_accuracy_at_4 60.6 (the first of 2 objectives)" in told


def test_the_best_is_yaml_that_reads_back_whatever_the_screen(screen: MakeScreen) -> None:
    for terminal, width in ((True, 40), (True, 80), (False, 240)):
        seen = screen(terminal=terminal, width=width)
        show_best(Best("quick", 3, OBJECTIVES, measured(), SPEC))
        assert yaml.safe_load(seen.text) == shortest(SPEC)


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
    assert parse_yaml(seen.text, "best") == shortest(SPEC)
    said = " ".join(line.removeprefix("# ") for line in seen.lines if line.startswith("#"))
    told = said.partition("found on ")[2].rpartition(";")[0]
    assert yaml.safe_load(told) == {"source": source, "limit": 40, "seed": 0}


def test_settings_are_a_paragraph_a_section() -> None:
    text = settings_yaml(SPEC)
    starts = [line.partition(":")[0] for line in text.splitlines() if not line.startswith(" ")]
    assert starts == list(SPEC.model_dump())


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
