"""How long a study still takes: from trials that are finished, or else from how far those are that
run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sem_ray.methods import method_of, split_of
from sem_ray.pipeline.pass_counts import generation_passes
from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.victims import victim_passes

IMAGES = 50_000
"""Training images that passes are weighed for: their ratios hardly depend on the number."""
SIDES = ("clean", "protected")
"""Victims of each radius, in the order that a trial trains them in."""


@dataclass(frozen=True)
class TrialPace:
    """A running trial: seconds since it began, the share of its work that is done, in [0, 1], or
    None if that cannot be said, and seconds that it took to start."""

    seconds: float
    share: float | None
    startup: float = 0.0

    @property
    def expected(self) -> float | None:
        """Seconds that it takes in all, if it goes on as it did."""
        if not self.share:
            return None
        return self.startup + (self.seconds - self.startup) / self.share


@dataclass(frozen=True)
class TimeLeft:
    """Seconds to the end, and what they were estimated from, in words."""

    seconds: float
    basis: str


def time_left(
    waiting: int, running: Sequence[TrialPace], finished: Sequence[float], at_once: int
) -> TimeLeft | None:
    """The time until `waiting` further trials have run after those that are `running`, `at_once`
    at a time, if each takes as long as those `finished` did, in seconds. None if nothing tells."""
    if waiting + len(running) == 0:
        return TimeLeft(0.0, "nothing is left")
    if finished:
        each, basis = sum(finished) / len(finished), f"from {len(finished)} finished trials"
    elif expected := [pace.expected for pace in running if pace.expected]:
        each, basis = sum(expected) / len(expected), "from the steps of running trials"
    else:
        return None
    left = [_left(pace, each) for pace in running]
    at_once = max(1, min(at_once, waiting + len(running)))
    together = (waiting * each + sum(left)) / at_once
    return TimeLeft(max([together, *left]), basis)


def _left(pace: TrialPace, each: float) -> float:
    """Seconds that a running trial still takes, if one takes `each` or what its steps say."""
    expected = each if pace.expected is None or pace.seconds < each else pace.expected
    return max(expected - pace.seconds, 0.0)


def share_done(spec: ExperimentSpec, progress: Progress) -> float | None:
    """The share of a trial's forward-backward passes that is done, in [0, 1], if `progress` is its
    last report; stages before that one count as done. None for a stage that is none of them."""
    stages = _stages(spec)
    names = [name for name, _ in stages]
    total = sum(weight for _, weight in stages)
    if progress.stage not in names or not total or not progress.total:
        return None
    at = names.index(progress.stage)
    before = sum(weight for _, weight in stages[:at])
    return (before + stages[at][1] * progress.done / progress.total) / total


def _stages(spec: ExperimentSpec) -> list[tuple[str, float]]:
    """(name, passes over each image) of a trial's stages, in their order."""
    first, *rest = method_of(spec).stages(spec, split_of(spec, IMAGES))
    passes = generation_passes(spec, IMAGES)
    found = [(first.name, passes.first)]
    found += [(stage.name, passes.rest / len(rest)) for stage in rest]
    for radius in spec.victim.radii:
        weight = victim_passes(spec, radius, IMAGES)
        found += [(f"victim ρ={radius:g} {side}", weight) for side in SIDES]
    return found
