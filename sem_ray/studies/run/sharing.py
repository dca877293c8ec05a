"""Which trials are held back because another one makes a stage that they need.

A trial that waited inside its worker would hold a device all the while. So one whose noise, or
whose noise's surrogate, a running trial of this sweep is making is not started before that trial
has come to its victims. What other sweeps make is found by the trial itself, which then gives its
device back (`journal.trial_report.Waiting`) and is held here until the stage's lease is free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sem_ray.methods import noise_identity, surrogate_identity
from sem_ray.pipeline.stages import Fingerprints
from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec

IsFree = Callable[[], bool]
"""Whether nobody makes the stage any more."""
INDEPENDENT = ("random", "qmc", "grid")
"""Samplers whose proposals do not depend on results."""
MANY, FEW = 64, 1
VICTIM = "victim"
"""Begins the stage of a trial's progress once its noise is there."""


@dataclass(frozen=True)
class Held:
    """A trial that is to start later. is_free: of the stage that others make; None if only this
    sweep's own trials are waited for."""

    trial: int
    spec: ExperimentSpec
    is_free: IsFree | None = None


@dataclass
class SharedStages:
    """The stages that this sweep's trials are making, and the trials held back for them.

    most: trials that may be held back at once. Each is a proposal made early, so a sampler that
    learns from results is asked for few, and one that does not for many.
    """

    most: int = 1
    _making: dict[int, frozenset[str]] = field(default_factory=dict)
    """Running trial → the stages that are its own to make for now."""
    _held: dict[int, Held] = field(default_factory=dict)

    @property
    def held(self) -> frozenset[int]:
        """Numbers of the trials that are held back."""
        return frozenset(self._held)

    @property
    def full(self) -> bool:
        """Whether no further trial should be proposed before one of those held back starts."""
        return len(self._held) >= max(self.most, len(self._making))

    def start(self, trial: int, spec: ExperimentSpec) -> bool:
        """Whether the trial may start now, which is noted; if not, it is held back."""
        stages = generation_of(spec)
        if self._is_made(stages):
            self._held[trial] = Held(trial, spec)
            return False
        self._making[trial] = stages
        return True

    def hold(self, trial: int, spec: ExperimentSpec, is_free: IsFree) -> None:
        """Hold back a trial that found a stage being made by others."""
        self.end(trial)
        self._held[trial] = Held(trial, spec, is_free)

    def ready(self) -> Held | None:
        """The first of the trials held back that may start now, which is noted."""
        for held in self._held.values():
            if (held.is_free is None or held.is_free()) and self._begins(held):
                return held
        return None

    def progress(self, trial: int, progress: Progress) -> None:
        """Note how far a running trial is."""
        if trial in self._making and progress.stage.startswith(VICTIM):
            self._making[trial] = frozenset()

    def end(self, trial: int) -> None:
        """Note that a trial does not run any more."""
        self._making.pop(trial, None)

    def _begins(self, held: Held) -> bool:
        stages = generation_of(held.spec)
        if self._is_made(stages):
            return False
        del self._held[held.trial]
        self._making[held.trial] = stages
        return True

    def _is_made(self, stages: frozenset[str]) -> bool:
        return any(stages & making for making in self._making.values())


def at_once() -> bool:
    """Of a stage that nobody can be asked about: the trial looks again itself."""
    return True


def most_held(sampler: str) -> int:
    """Trials of a sampler that may be held back at once, besides as many as run."""
    return MANY if sampler in INDEPENDENT else FEW


def generation_of(spec: ExperimentSpec) -> frozenset[str]:
    """Names of the noise of a trial and of the surrogate's training that it may share, alike for
    trials that share them. The images are named by their spec, so none is read; `auto` is one
    precision, as if all machines were of one kind."""
    if spec.precision == "auto":
        spec = spec.model_copy(update={"precision": "float32"})
    images = Fingerprints.unread(spec.data).train
    noise = noise_identity(spec, images)
    return frozenset({noise, surrogate_identity(spec, images) or noise})
