"""How one experiment is asked for: its settings, what computes it, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from sem_ray.progress import ProgressSink, silent
from sem_ray.spec.resources import ActorSpec, Strategy
from sem_ray.spec.validation import validated

Settings = Iterable[str] | Mapping[str, Any]
"""`["noise.radius=8"]` or `{"noise": {"radius": 8}}`."""
OnNotice = Callable[[str], None]
"""Hears a notice before the work it is about begins."""


def ignore(notice: str) -> None:
    """For callers who read the notices in the result."""


@dataclass(frozen=True)
class Actors:
    """The actors that share a run."""

    count: int
    cpus: float = 1
    """Of each actor."""
    gpus: float | None = None
    """Of each actor; None is one if there are enough for all, else none."""
    strategy: Strategy = "PACK"
    """On as few machines as possible, or on as many."""
    address: str | None = None
    """Their Ray; None is that at RAY_ADDRESS, or one started on this machine if it is unset."""

    def spec(self, gpus_there: float) -> ActorSpec:
        """With the GPUs settled, on machines with `gpus_there`. Raises `BadInput`."""
        gpus = self.gpus
        if gpus is None:
            gpus = 1 if gpus_there >= self.count > 0 else 0
        wanted = {"count": self.count, "cpus": self.cpus, "gpus": gpus, "strategy": self.strategy}
        return validated(ActorSpec, wanted, "actors")


@dataclass(frozen=True)
class RunOptions:
    """What `protect` and `evaluate` have in common. Give them as one value, or by their names:
    `protect("digits", limit=200)` is `protect("digits", options=RunOptions(limit=200))`."""

    preset: str | None = None
    """Settings to start from; None is `quick`, or the defaults if there is a `config`."""
    config: Path | str | None = None
    """A YAML file with settings over the preset's."""
    settings: Settings = ()
    """Single settings over all others."""
    limit: int | None = None
    """Take this many training images; over `data.limit`."""
    seed: int | None = None
    """Everything random follows from it; over the setting `seed`."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `cuda:N`; of a run without actors."""
    actors: Actors | None = None
    """Share the work, to the same result; None computes in this process."""
    stream: bool | None = None
    """Keep images in a file of the store, from which batches reach the device, and their noise in
    host memory; None does so if they do not fit."""
    store: Path | str | None = None
    """The folder of artifacts; None is SEM_RAY_STORE, or `./sem-ray-store`."""
    sink: ProgressSink = silent
    """Hears how far the work is."""
    on_notice: OnNotice = ignore

    def changed(self, **changes: Unpack[RunKeywords]) -> RunOptions:
        """The same with these fields changed."""
        return replace(self, **changes)


class RunKeywords(TypedDict, total=False):
    """The fields of `RunOptions` by name, for calls that name a few."""

    preset: str | None
    config: Path | str | None
    settings: Settings
    limit: int | None
    seed: int | None
    device: str
    actors: Actors | None
    stream: bool | None
    store: Path | str | None
    sink: ProgressSink
    on_notice: OnNotice
