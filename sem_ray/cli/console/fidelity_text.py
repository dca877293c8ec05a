"""A study's rungs and what they are worth, as a table."""

from __future__ import annotations

from rich.table import Table

from sem_ray.cli.console.output import say, stdout
from sem_ray.metrics.statistics import Estimate
from sem_ray.studies.fidelity import RungFidelity, StudyFidelity


def show_fidelity(found: StudyFidelity) -> None:
    table = Table(title=f"{found.study}: rungs, as fractions of the {found.stage}'s steps")
    for name in ("rung", "objective", "finished\nof reached", "Spearman", "Kendall", "verdict"):
        table.add_column(name, overflow="fold")
    for one in found.rungs:
        table.add_row(*_cells(one))
    stdout.print(table)
    if any(one.finished < one.reached for one in found.rungs):
        say(
            "stopped configurations have no end to compare with, which makes correlations look "
            "smaller than they are; a study with scheduler: none stops none"
        )


def _cells(one: RungFidelity) -> tuple[str, ...]:
    correlation = one.correlation
    shown = (_shown(correlation.spearman), _shown(correlation.kendall)) if correlation else ("", "")
    count = f"{one.finished} of {one.reached}"
    return f"{one.rung:g}", one.objective.metric, count, *shown, one.verdict


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
