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


def no_passes(spec: ExperimentSpec, split: Split) -> float:  # noqa: ARG001
    """Of a method that takes no gradient."""
    return 0.0


@dataclass(frozen=True)
class Method:
    """A way to make noise.

    stages: the work, in units, known before it begins. begin: makes the run. reads: paths, as in
    YAML, of the settings and groups of `noise` and `surrogate` that can change its result. bounded:
    whether noise stays within `noise.radius`; if not, the manifest's radius is the largest value of
    the noise. beside: bytes of state for each value of the images, noise included. passes:
    forward-backward passes of a generation over an image, on average; the most there can be if the
    method may end early.
    """

    name: str
    stages: Callable[[ExperimentSpec, Split], tuple[Stage, ...]]
    begin: Callable[[MethodContext], MethodRun]
    reads: tuple[str, ...] = ()
    bounded: bool = True
    beside: int = 1
    passes: Callable[[ExperimentSpec, Split], float] = no_passes

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
