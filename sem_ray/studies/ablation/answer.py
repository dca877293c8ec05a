"""The answer of an ablation: effects on each measurement, and what limits them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sem_ray.studies.ablation.analysis import Effect, Measured, MetricEffects, Run, analyse
from sem_ray.studies.ablation.design import Design, Kind

FEW_SEEDS = 5
"""Below it the paired t test sees only effects of several times the noise."""
UNKNOWN = "a machine that was not recorded"


@dataclass(frozen=True)
class Ablation:
    """What the finished runs of an ablation say."""

    study: str
    kind: Kind
    baseline: Mapping[str, Any]
    """The settings that change, as the baseline has them."""
    configurations: int
    """Of the design, the baseline included."""
    finished: int
    """Runs that count."""
    planned: int
    """Runs of the design: every configuration with every seed."""
    machines: Mapping[str, int]
    """Kind of machine → finished runs on it."""
    metrics: tuple[MetricEffects, ...]
    notes: tuple[str, ...]
    """What limits the answer, in sentences."""


def answer(
    study: str,
    design: Design,
    seeds: int,
    runs: Sequence[Run],
    measured: Sequence[Measured],
    seed: int = 0,
) -> Ablation:
    """The effects that `runs` show; `seeds`: how many each configuration is to run with; `seed`:
    that of the bootstraps."""
    metrics = tuple(analyse(design, runs, each, seed) for each in measured)
    planned = seeds * len(design.points)
    return Ablation(
        study=study,
        kind=design.kind,
        baseline=design.baseline,
        configurations=len(design.points),
        finished=len(runs),
        planned=planned,
        machines=dict(Counter(run.machine or UNKNOWN for run in runs)),
        metrics=metrics,
        notes=tuple(_notes(metrics, runs, planned)),
    )


def _notes(metrics: Sequence[MetricEffects], runs: Sequence[Run], planned: int) -> Iterator[str]:
    if len(runs) < planned:
        yield f"{len(runs)} of {planned} runs are finished; the rest may change every line"
    yield from _machines(metrics, runs)
    fewest = min((len(e.seeds) for m in metrics for e in m.effects if e.seeds), default=0)
    if fewest == 1:
        yield "with one seed nothing can be told from noise; give the study more"
    elif 0 < fewest < FEW_SEEDS:
        yield (
            f"with {fewest} seeds only large effects can be told from noise, and the bootstrap "
            "interval is far too narrow; go by Student's"
        )
    for effect in metrics[0].effects if metrics else ():
        if effect.aliases:
            yield _aliased(effect)


def _machines(metrics: Sequence[MetricEffects], runs: Sequence[Run]) -> Iterator[str]:
    kinds = sorted({run.machine or UNKNOWN for run in runs})
    if len(kinds) < 2:
        return
    ran = {run.seed for run in runs}
    short = sum(len(e.seeds) < len(ran) for e in (metrics[0].effects if metrics else ()))
    yield (
        f"runs are compared only within one kind of machine, of which there were {len(kinds)} "
        f"({'; '.join(kinds)})" + (f"; effects that lost seeds to it: {short}" if short else "")
    )


def _aliased(effect: Effect) -> str:
    others = ", ".join(" × ".join(paths) for paths in effect.aliases)
    return f"the effect of {effect.changes[0].path} cannot be told from that of {others}"
