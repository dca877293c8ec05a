"""A Pareto front for a person: a small plot in characters, a table, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from sem_ray.cli.console.output import say, stdout
from sem_ray.cli.console.short_settings import settings
from sem_ray.metrics.statistics import Estimate
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.pareto import ParetoFront, ParetoPoint, Standing

WIDTH, HEIGHT = 60, 15
"""Characters of the plot."""
MARKS: dict[Standing, str] = {
    "dominated": "·",
    "cannot be told from the front": "○",
    "front": "●",
}
"""Later ones are drawn over earlier ones."""


def show_front(found: ParetoFront) -> None:
    """The first two objectives as a plot, then a row a configuration."""
    for line in plot(found):
        stdout.print(line)
    stdout.print(_table(found))
    for sentence in sentences(found):
        say(sentence)


def sentences(found: ParetoFront) -> Iterator[str]:
    """What the table leaves out."""
    corner = ", ".join(f"{name} {value:.4g}" for name, value in found.reference.items())
    yield (
        f"hypervolume {found.hypervolume:.4g} from the reference ({corner}), "
        f"{found.share:.0%} of the box up to the best value of each objective"
    )
    if any(len(_seeds(point)) == 0 for point in found.points):
        yield (
            "one seed each tells nothing apart; give the study `replicates` to learn which "
            "trade-offs are real"
        )
    else:
        yield (
            "dominated: another one is better in every objective, each with its 95% interval; "
            "the intervals shown are of the means, over seeds"
        )
    if found.infeasible:
        yield f"{found.infeasible} configurations break a constraint and are left out"


def _seeds(point: ParetoPoint) -> list[Estimate]:
    """Estimates with an interval."""
    return [estimate for estimate in point.estimates.values() if estimate.known]


def _table(found: ParetoFront) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("trial")
    for objective in found.objectives:
        table.add_column(f"{objective.metric}\n{objective.direction}", justify="right")
    table.add_column("settings", overflow="fold")
    table.add_column("standing", overflow="fold")
    for point in found.points:
        cells = (_interval(point.estimates[o.metric]) for o in found.objectives)
        style = "green" if point.standing == "front" else None
        row = (str(point.trial), *cells, settings(point.values), _standing(point))
        table.add_row(*row, style=style)
    return table


def _standing(point: ParetoPoint) -> str:
    behind = "" if point.behind is None else f" by trial {point.behind}"
    return f"{MARKS[point.standing]} {point.standing}{behind}"


def _interval(estimate: Estimate) -> str:
    value = f"{estimate.value:.4g}"
    return f"{value} [{estimate.low:.4g}, {estimate.high:.4g}]" if estimate.known else value


def plot(found: ParetoFront) -> Iterator[str]:
    """Lines of the first two objectives, larger values to the right and up."""
    x, y = found.objectives[:2]
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    columns, rows = (_places(found.points, o, n) for o, n in ((x, WIDTH), (y, HEIGHT)))
    marked = zip(found.points, columns, rows, strict=True)
    for point, column, row in sorted(marked, key=lambda one: list(MARKS).index(one[0].standing)):
        grid[HEIGHT - 1 - row][column] = MARKS[point.standing]
    yield f"{y.metric}, {y.direction}"
    yield from (f"│{''.join(line).rstrip()}" for line in grid)
    yield f"└{'─' * WIDTH}"
    yield f" {f'{x.metric}, {x.direction}':>{WIDTH}}"


def _places(points: Sequence[ParetoPoint], objective: Objective, length: int) -> list[int]:
    values = [point.estimates[objective.metric].value for point in points]
    low, high = min(values), max(values)
    scale = (length - 1) / (high - low) if high > low else 0.0
    return [round((value - low) * scale) for value in values]
