"""Every trial of a study as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich import box
from rich.table import Table

from sem_ray.cli.console.short_settings import short
from sem_ray.metrics.measurement import (
    CLEAN_ACCURACY,
    GENERATION_SECONDS,
    TEST_ACCURACY,
    metric_key,
)
from sem_ray.studies.queries import StudyStatus, TrialRow

INFEASIBLE = "infeasible"
STYLES = {"failed": "red", INFEASIBLE: "yellow"}
LONGEST_WORD = 9
"""Characters of a word in the head of a narrow column."""


def trial_table(status: StudyStatus) -> Table:
    """A row a trial: seed, searched settings, test accuracies (%) and seconds; `7 = 2` is a further
    run of the settings of trial 2. Without frames, so that five settings and two radii fit 80
    columns."""
    table = Table(
        title=f"study {status.study} ({', '.join(map(str, status.objectives))})",
        caption=f"{_limits(status)}test accuracy in %, trained on clean→on protected images,\n"
        "by the radius ρ of the victim's adversarial training (1/255)",
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    settings = _ordered(path for row in status.rows for path in row.values)
    radii = _radii(status.rows)
    table.add_column("trial", overflow="fold")
    further = any(row.configuration != row.trial for row in status.rows)
    for name in (
        *(["seed"] if further else []),
        *map(in_lines, settings),
        *(f"ρ={radius:g}\nclean→\nprotected" for radius in radii),
        "noise\ns",
        "trial\ns",
    ):
        table.add_column(name, justify="right", overflow="fold")
    leaders = status.leaders
    for row in status.rows:
        style = "green" if row.trial in leaders else STYLES.get(_state(row))
        seed = [short(row.seed)] if further else []
        table.add_row(_name(row), *seed, *_cells(row, settings, radii), style=style)
    return table


def in_lines(path: str) -> str:
    """`noise.perturbation_scale` over four short lines, for the head of a narrow column."""
    words = path.replace(".", " ").replace("_", " ").split()
    return "\n".join(piece for word in words for piece in _hyphenated(word))


def _hyphenated(word: str) -> list[str]:
    if len(word) <= LONGEST_WORD:
        return [word]
    return [f"{word[: LONGEST_WORD - 2]}-", *_hyphenated(word[LONGEST_WORD - 2 :])]


def _name(row: TrialRow) -> str:
    """`7`, `7 failed`; `7 = 2` is a further run of trial 2."""
    again = "" if row.configuration == row.trial else f" = {row.configuration}"
    state = {"complete": "", "interrupted": " cut off"}.get(_state(row), f" {_state(row)}")
    return f"{row.trial}{again}{state}"


def _state(row: TrialRow) -> str:
    """Of its run, and of what it measured."""
    return INFEASIBLE if row.broken else row.state


def _limits(status: StudyStatus) -> str:
    """A line about the constraints, if there are some."""
    if not status.constraints:
        return ""
    return f"infeasible: does not keep to {', '.join(map(str, status.constraints))}\n"


def _cells(row: TrialRow, settings: list[str], radii: list[float]) -> list[str]:
    cells = [short(row.values.get(path)) for path in settings]
    metrics = row.metrics
    for radius in radii:
        keys = [metric_key(side, radius) for side in (CLEAN_ACCURACY, TEST_ACCURACY)]
        cells.append("→".join(_figure(metrics, key) for key in keys))
    return [*cells, _figure(metrics, GENERATION_SECONDS), _seconds(row.seconds)]


def _radii(rows: Iterable[TrialRow]) -> list[float]:
    """Of the victims on protected images."""
    measured = (found for row in rows for found in row.measurements)
    radii = (m.radius for m in measured if m.name == TEST_ACCURACY and m.radius is not None)
    return list(dict.fromkeys(radii))


def _ordered(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _figure(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.1f}" if name in metrics else "–"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.0f}"
