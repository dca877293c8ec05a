"""What a method declares: its stages, how it begins, and the settings that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sem_ray.distributed.shards import Split
from sem_ray.methods.base import MethodContext, MethodRun, Stage
from sem_ray.spec import ExperimentSpec

OF_ALL = ("noise.method", "surrogate.batch")
"""Settings that every method reads. The surrogate's batch says how rows lie in shards."""
OPTIMISER = (
    *("surrogate.network", "surrogate.learning_rate", "surrogate.momentum"),
    *("surrogate.nesterov", "surrogate.weight_decay"),
)
"""Settings of a surrogate that is trained for a number of steps of the method's own."""


@dataclass(frozen=True)
class PassCount:
    """Forward-backward passes of a generation over an image, on average.

    A pass is one gradient at one image, with respect to its noise or to a network's weights.
    """

    first: float = 0.0
    """In the first stage, which runs that differ in `Method.late` settings only may share."""
    rest: float = 0.0
    """In the stages after it."""

    @property
    def total(self) -> float:
        return self.first + self.rest


def no_passes(spec: ExperimentSpec, split: Split) -> PassCount:  # noqa: ARG001
    """Of a method that takes no gradient."""
    return PassCount()


@dataclass(frozen=True)
class Method:
    """A way to make noise.

    stages: the work, in units, known before it begins. begin: makes the run. reads: paths, as in
    YAML, of the settings and groups of `noise` and `surrogate` that can change its result. bounded:
    whether noise stays within `noise.radius`; if not, the manifest's radius is the largest value of
    the noise. beside: bytes of state for each value of the images, noise included. late: those of
    `reads`, and `noise.radius`, that its first stage does not read: runs that differ in these only
    share that stage, the surrogate's training. Empty if there is nothing to share. passes: the
    work, counted from the settings; the most there can be if the method may end early.
    """

    name: str
    stages: Callable[[ExperimentSpec, Split], tuple[Stage, ...]]
    begin: Callable[[MethodContext], MethodRun]
    reads: tuple[str, ...] = ()
    bounded: bool = True
    beside: int = 1
    late: tuple[str, ...] = ()
    passes: Callable[[ExperimentSpec, Split], PassCount] = no_passes

    def unread(self, spec: ExperimentSpec) -> list[str]:
        """Paths of the settings that cannot change its result. A group of which it reads nothing
        is one path."""
        tree = spec.model_dump(include={"noise", "surrogate"})
        radius = ("noise.radius",) if self.bounded else ()
        return list(_besides((*OF_ALL, *radius, *self.reads), tree))


def _besides(reads: tuple[str, ...], tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Paths of `tree` that are not under any of `reads`."""
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if path in reads:
            continue
        if isinstance(value, Mapping) and any(read.startswith(f"{path}.") for read in reads):
            yield from _besides(reads, value, f"{path}.")
        else:
            yield path
