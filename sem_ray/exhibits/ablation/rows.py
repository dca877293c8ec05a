"""The effects of an ablation as tidy rows, from which every table and figure is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sem_ray.studies.ablation.analysis import Effect, MetricEffects
from sem_ray.studies.ablation.answer import Ablation
from sem_ray.studies.ablation.contrasts import Change


@dataclass(frozen=True)
class EffectRow:
    """One effect on one measurement. Numbers are in the measurement's unit; None is unknown."""

    metric: str
    unit: str
    direction: str
    kind: str
    change: str
    """`noise.samples 4 → 1`; of an interaction both, with × between."""
    seeds: int
    effect: float | None
    """With the change minus without it, the mean over seeds."""
    t_low: float | None
    t_high: float | None
    bootstrap_low: float | None
    bootstrap_high: float | None
    hedges_g: float | None
    p: float | None
    p_holm: float | None
    probability_of_improvement: float | None
    verdict: str


def rows(ablation: Ablation) -> tuple[EffectRow, ...]:
    """A row an effect, measurement by measurement."""
    return tuple(_row(metric, effect) for metric in ablation.metrics for effect in metric.effects)


def change_text(changes: Sequence[Change]) -> str:
    return " × ".join(f"{c.path} {value_text(c.before)} → {value_text(c.after)}" for c in changes)


def value_text(value: Any) -> str:
    """As YAML would have it, in short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _row(metric: MetricEffects, effect: Effect) -> EffectRow:
    found = effect.paired
    t = (found and found.t_interval) or (None, None)
    bootstrap = (found and found.bootstrap_interval) or (None, None)
    return EffectRow(
        metric=metric.metric,
        unit=metric.unit,
        direction=metric.direction,
        kind=effect.kind,
        change=change_text(effect.changes),
        seeds=len(effect.seeds),
        effect=found.value if found else None,
        t_low=t[0],
        t_high=t[1],
        bootstrap_low=bootstrap[0],
        bootstrap_high=bootstrap[1],
        hedges_g=found.effect_size if found else None,
        p=found.p if found else None,
        p_holm=effect.holm_p,
        probability_of_improvement=effect.improvement,
        verdict=effect.verdict or "not run",
    )
