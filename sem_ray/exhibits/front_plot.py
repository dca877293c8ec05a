"""A Pareto front as a picture: the first two objectives, with intervals."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from sem_ray.metrics.statistics import Estimate
from sem_ray.studies.pareto import ORDER, ParetoFront, ParetoPoint, Standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = (6.4, 4.8)
DOTS = 200
"""Per inch."""
COLOURS: dict[Standing, str] = {
    "front": "#0072b2",
    "cannot be told from the front": "#e69f00",
    "dominated": "#999999",
}
"""Told apart by colour-blind readers (Okabe and Ito, 2008)."""


def write_front_plot(found: ParetoFront, file: Path) -> None:
    """Write the picture as PNG. A step line joins the front's means; bars are 95% intervals."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    _draw_front(axes, found)
    for standing in ORDER:
        _draw_points(axes, found, standing)
    x, y = found.objectives[:2]
    axes.set_xlabel(f"{x.metric} ({x.direction})")
    axes.set_ylabel(f"{y.metric} ({y.direction})")
    axes.set_title(f"study {found.study}")
    axes.legend(fontsize="small")
    figure.savefig(file, dpi=DOTS, format="png")


def _draw_front(axes: Axes, found: ParetoFront) -> None:
    x, y = found.objectives[:2]
    if len(found.objectives) > 2:
        return  # in two of three objectives the front is no line
    places = sorted((p.estimates[x.metric].value, p.estimates[y.metric].value) for p in found.front)
    side = "post" if x.direction == "minimize" else "pre"
    axes.step(*zip(*places, strict=True), where=side, color=COLOURS["front"], linewidth=1)  # type: ignore[arg-type]


def _draw_points(axes: Axes, found: ParetoFront, standing: Standing) -> None:
    points = [point for point in found.points if point.standing == standing]
    if not points:
        return
    x, y = (_column(points, objective.metric) for objective in found.objectives[:2])
    axes.errorbar(
        [estimate.value for estimate in x],
        [estimate.value for estimate in y],
        xerr=_bars(x),
        yerr=_bars(y),
        fmt="o",
        markersize=4,
        elinewidth=0.6,
        color=COLOURS[standing],
        label=standing,
    )


def _column(points: list[ParetoPoint], metric: str) -> list[Estimate]:
    return [point.estimates[metric] for point in points]


def _bars(column: list[Estimate]) -> tuple[list[float], list[float]]:
    """Lengths below and above; none if one seed says nothing."""
    below = [e.value - e.low if math.isfinite(e.low) else 0.0 for e in column]
    above = [e.high - e.value if math.isfinite(e.high) else 0.0 for e in column]
    return below, above
