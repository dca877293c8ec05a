"""How long a pass takes: as earlier trials recorded it, or measured now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import BadInput
from sem_ray.metrics.measurement import GENERATION_SECONDS, VICTIM_SECONDS
from sem_ray.pipeline.pass_counts import generation_passes
from sem_ray.spec import ExperimentSpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.plan.work import Extents, StageWork, WorkKind, kind_of
from sem_ray.victims import victim_passes

Source = Literal["recorded", "measured"]


@dataclass(frozen=True)
class Rate:
    """The speed of one kind of work on one kind of machine."""

    kind: WorkKind
    seconds: float
    """Of one pass over one image."""
    source: Source
    machine: str
    trials: int = 0
    """Earlier trials whose median it is; 0 if it was measured now."""

    def __str__(self) -> str:
        several = "s" * (self.trials > 1)
        found = f"of {self.trials} earlier trial{several}" if self.trials else "measured now"
        return f"{self.kind}: {self.seconds * 1e6:.3g} µs a pass and image, {found}"


Rates = Mapping[WorkKind, Rate]


def recorded(trials: Iterable[FrozenTrial], machine: str, extent_of: Extents) -> Rates:
    """What finished trials on machines of the kind `machine` took, by kind of work: medians.

    A noise that several trials found finished counts once.
    """
    samples: dict[WorkKind, dict[str, float]] = defaultdict(dict)
    for place, trial in enumerate(trials):
        if trial.state == TrialState.COMPLETE and attributes.machine_of(trial) == machine:
            for kind, seconds in _taken(trial, extent_of):
                shared = kind.role == "generation"
                name = trial.user_attrs[attributes.NOISE] if shared else str(place)
                samples[kind].setdefault(name, seconds)
    return {
        kind: Rate(kind, median(found.values()), "recorded", machine, len(found))
        for kind, found in samples.items()
    }


def with_measured(
    known: Rates,
    wanted: Mapping[WorkKind, StageWork],
    measure: Callable[[StageWork], float],
    machine: str,
) -> Rates:
    """`known`, and what is missing of the `wanted` kinds measured now."""
    missing = {kind: stage for kind, stage in wanted.items() if kind not in known}
    found = {
        kind: Rate(kind, measure(stage), "measured", machine) for kind, stage in missing.items()
    }
    return {**known, **found}


def _taken(trial: FrozenTrial, extent_of: Extents) -> Iterator[tuple[WorkKind, float]]:
    """Seconds of a pass over one image in the trial's noise and in its victims. Nothing if its
    images are gone."""
    spec = ExperimentSpec.model_validate_json(trial.user_attrs[attributes.SPEC])
    metrics = attributes.metrics_of(trial)
    try:
        extent = extent_of(spec.data)
    except BadInput:
        return
    images = extent.images
    of_noise = images * generation_passes(spec, images).total
    of_victims = images * sum(victim_passes(spec, radius, images) for radius in spec.victim.radii)
    stages = (
        (kind_of(spec, extent, "generation"), GENERATION_SECONDS, of_noise),
        (kind_of(spec, extent, "victim"), VICTIM_SECONDS, of_victims),
    )
    for kind, metric, passes in stages:
        if passes and metrics.get(metric):
            yield kind, metrics[metric] / passes
