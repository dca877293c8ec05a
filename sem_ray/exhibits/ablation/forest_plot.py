"""A forest plot of an ablation: every effect with its interval, one panel a measurement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sem_ray.exhibits.ablation.rows import EffectRow, rows
from sem_ray.metrics.statistics import CONFIDENCE
from sem_ray.studies.ablation.answer import Ablation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.42
"""Height of an effect in inches."""
AROUND = 1.5
"""Inches above and below the effects: title, axis, caption."""
WIDTH = 7.0
"""Inches of one panel with its labels."""
MORE = 3.6
"""Inches of each further panel."""
COLOURS = {
    "better": "#0072b2",
    "worse": "#d55e00",
    "cannot be told apart": "#6e6e6e",
    "not run": "#6e6e6e",
}
"""Told apart by people who see no red or green (Okabe & Ito, 2008)."""
MARKERS = {"better": "o", "worse": "s", "cannot be told apart": "o", "not run": "o"}


def forest_plot(ablation: Ablation) -> Figure:
    """The figure; `save` writes it."""
    from matplotlib.figure import Figure

    count = max(len(ablation.metrics[0].effects), 1)
    width = WIDTH + MORE * (len(ablation.metrics) - 1)
    figure = Figure(figsize=(width, AROUND + ROW * count), layout="constrained")
    panels = figure.subplots(1, len(ablation.metrics), sharey=True, squeeze=False)[0]
    found = rows(ablation)
    for axes, metric in zip(panels, ablation.metrics, strict=True):
        own = [row for row in found if row.metric == metric.metric]
        _draw(axes, own)
        _label_panel(axes, own[0])
    panels[0].set_yticks(range(count), [row.change.replace(" × ", "\n× ") for row in own])
    panels[0].invert_yaxis()
    figure.suptitle(f"{ablation.study}: effect of each change", fontsize=11)
    figure.supxlabel(_caption(found), fontsize=8, color="#444444")
    return figure


def save(figure: Figure, file: Path) -> None:
    """Write it as a PNG, in a resolution for paper. Raises `OSError`."""
    figure.savefig(file, dpi=200, format="png")


def _draw(axes: Axes, effects: Sequence[EffectRow]) -> None:
    axes.axvline(0, color="#999999", linewidth=0.8)
    for place, row in enumerate(effects):
        if row.effect is None:
            continue
        colour, clear = COLOURS[row.verdict], row.verdict in ("better", "worse")
        if row.t_low is not None and row.t_high is not None:
            axes.plot([row.t_low, row.t_high], [place, place], color=colour, linewidth=1.8)
        if row.bootstrap_low is not None and row.bootstrap_high is not None:
            ends = [row.bootstrap_low, row.bootstrap_high]
            axes.plot(ends, [place, place], "|", color=colour, markersize=8)
        filling = colour if clear else "white"
        marker = MARKERS[row.verdict]
        axes.plot(
            [row.effect], [place], marker, color=colour, markerfacecolor=filling, markersize=7
        )
    axes.set_ylim(-0.7, len(effects) - 0.3)


def _label_panel(axes: Axes, row: EffectRow) -> None:
    better = "← better" if row.direction == "minimize" else "better →"
    unit = "points" if row.unit == "%" else row.unit
    axes.set_title(row.metric, fontsize=10)
    axes.set_xlabel(f"effect in {unit}   {better}", fontsize=9)
    axes.tick_params(labelsize=8.5)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _caption(found: Sequence[EffectRow]) -> str:
    seeds = sorted({row.seeds for row in found})
    shown = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return (
        f"Mean over {shown} paired seeds. Bar: {CONFIDENCE:.0%} t interval; ticks: percentile "
        "bootstrap.\nHollow: cannot be told from no effect (paired t, Holm); "
        "blue: better; orange squares: worse."
    )
