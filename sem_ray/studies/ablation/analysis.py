"""What each change of an ablation does to a measurement, and whether that can be told from noise.

An effect is estimated seed by seed: every configuration that it compares must have run with the
seed, on one kind of machine. What a seed or a machine does to all of them drops out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sem_ray.metrics.paired_effects import (
    PairedEffect,
    holm,
    paired_effect,
    probability_of_improvement,
)
from sem_ray.metrics.statistics import CONFIDENCE, Verdict, mean_estimate
from sem_ray.studies.ablation.contrasts import Change, Contrast, EffectKind, contrasts
from sem_ray.studies.ablation.design import Design

Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True)
class Run:
    """One finished run of a configuration of the design."""

    point: int
    """Number of the configuration."""
    seed: int
    machine: str | None
    """The kind that computed it; None if that was not recorded."""
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Effect:
    """What one change does, or how two changes depend on each other."""

    kind: EffectKind
    changes: tuple[Change, ...]
    seeds: tuple[int, ...]
    """Those with which all its configurations ran, each on one kind of machine."""
    paired: PairedEffect | None
    """With the change minus without it; None without any such seed."""
    holm_p: float | None
    """p, corrected for the number of effects of this metric."""
    improvement: float | None
    """How often a run with the change is better than one without it, over all pairs of runs; of an
    interaction None."""
    verdict: Verdict | None
    """By `holm_p`; of an interaction, "better" is that the two changes together are better than
    the sum of what each does. None without any seed."""
    aliases: tuple[tuple[str, ...], ...]
    """Interactions that the design cannot tell from it."""


@dataclass(frozen=True)
class MetricEffects:
    """All effects on one measurement."""

    metric: str
    unit: str
    direction: Direction
    baseline: float | None
    """Mean of the baseline's runs; None if it has not run."""
    baseline_interval: tuple[float, float] | None
    """Student's; None for fewer than two runs."""
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Measured:
    """A measurement to analyse."""

    metric: str
    unit: str
    direction: Direction


def analyse(
    design: Design, runs: Sequence[Run], measured: Measured, seed: int = 0
) -> MetricEffects:
    """Every effect of the design on one measurement; `seed` is that of the bootstraps."""
    # A measurement that failed is not a number; its run is as one that is missing.
    runs = [run for run in runs if math.isfinite(run.metrics[measured.metric])]
    blocks = _Blocks(runs, measured.metric)
    found = [_effect(contrast, blocks, measured, seed) for contrast in contrasts(design)]
    baseline = [run.metrics[measured.metric] for run in runs if run.point == 0]
    estimate = mean_estimate(baseline) if baseline else None
    return MetricEffects(
        metric=measured.metric,
        unit=measured.unit,
        direction=measured.direction,
        baseline=estimate.value if estimate else None,
        baseline_interval=(estimate.low, estimate.high) if estimate and estimate.known else None,
        effects=tuple(_judged(found, measured.direction)),
    )


class _Blocks:
    """Results by seed and configuration."""

    def __init__(self, runs: Sequence[Run], metric: str) -> None:
        self._by_seed: dict[int, dict[int, tuple[str | None, float]]] = defaultdict(dict)
        for run in runs:
            self._by_seed[run.seed][run.point] = run.machine, run.metrics[metric]

    def complete(self, points: Sequence[int]) -> Iterator[tuple[int, dict[int, float]]]:
        """Each seed with which all these configurations ran on one kind of machine, and their
        results."""
        for seed, results in sorted(self._by_seed.items()):
            found = {point: results[point] for point in points if point in results}
            machines = {machine for machine, _ in found.values()}
            if len(found) == len(points) and len(machines) == 1:
                yield seed, {point: value for point, (_, value) in found.items()}


def _effect(contrast: Contrast, blocks: _Blocks, measured: Measured, seed: int) -> Effect:
    sides = dict(blocks.complete([*contrast.weights]))
    raised = [_weighted(contrast, results, 1) for results in sides.values()]
    lowered = [_weighted(contrast, results, -1) for results in sides.values()]
    differences = [one - other for one, other in zip(raised, lowered, strict=True)]
    better = measured.direction == "maximize"
    compares = bool(differences) and contrast.kind != "interaction"
    return Effect(
        kind=contrast.kind,
        changes=contrast.changes,
        seeds=tuple(sides),
        paired=paired_effect(differences, seed) if differences else None,
        holm_p=None,
        improvement=probability_of_improvement(raised, lowered, larger_is_better=better)
        if compares
        else None,
        verdict=None,
        aliases=contrast.aliases,
    )


def _weighted(contrast: Contrast, results: Mapping[int, float], sign: int) -> float:
    """The part of an effect whose weights have this sign, itself above 0."""
    weights = ((point, sign * weight) for point, weight in contrast.weights.items())
    return sum(weight * results[point] for point, weight in weights if weight > 0)


def _judged(effects: Sequence[Effect], direction: Direction) -> Iterator[Effect]:
    """The effects with p values corrected for how many of them there are, and verdicts."""
    ps = [e.paired.p for e in effects if e.paired is not None and e.paired.p is not None]
    corrected = iter(holm(ps))
    for effect in effects:
        if effect.paired is None:
            yield effect
        elif effect.paired.p is None:
            yield replace(effect, verdict="cannot be told apart")
        else:
            p = next(corrected)
            yield replace(effect, holm_p=p, verdict=_verdict(effect.paired.value, p, direction))


def _verdict(value: float, p: float, direction: Direction) -> Verdict:
    if p >= 1 - CONFIDENCE:
        return "cannot be told apart"
    return "better" if (value < 0) == (direction == "minimize") else "worse"
