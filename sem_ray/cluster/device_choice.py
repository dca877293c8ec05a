"""Which devices a trial takes: what the study asks for, or if it asks for nothing a whole GPU if
there is any, else one core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sem_ray.cluster.gpu_kinds import Nodes
from sem_ray.cluster.placement import fits, refuse_what_never_fits, trial_bundles
from sem_ray.spec.resources import AUTO, ActorSpec, TrialResources, WantedResources

TRIAL = "a trial"


@dataclass(frozen=True)
class DeviceChoice:
    """What the trials of a study take of the machines at hand."""

    resources: TrialResources
    """Of one trial; of the first one if `packs`."""
    at_once: int
    """How many such trials there is room for."""
    packs: bool
    """Whether trials that follow take a share of a GPU by the memory that was measured."""
    notice: str
    """One sentence: what a trial takes, why, and how many run at once."""


@dataclass(frozen=True)
class DeviceWish:
    """What a study says of the devices of its trials.

    wanted: None leaves the choice open. small: whether its networks leave most of a GPU idle, so
    that several trials share one. concurrency: most trials at once; None is no limit.
    """

    wanted: WantedResources | None = None
    small: bool = False
    concurrency: int | None = None

    @property
    def actors(self) -> ActorSpec | None:
        return self.wanted.actors if self.wanted else None

    def may_take_gpus(self, nodes: Nodes | None) -> bool:
        """Whether trials compute on GPUs; of machines that are not known yet, whether they may."""
        if self.wanted is None or self.wanted.gpus == AUTO:
            return nodes is None or _have_gpus(nodes)
        return self.wanted.given(self.wanted.gpus).gpus_in_all > 0

    def on(self, nodes: Nodes) -> DeviceChoice:
        """What a trial takes of `nodes`. Raises `BadInput` if they can never hold it."""
        gpus = _have_gpus(nodes)
        packs = gpus and self._shares
        resources = self._resources(gpus)
        room = refuse_what_never_fits(trial_bundles(resources), nodes, TRIAL)
        at_once = min(room, self.concurrency or room)
        notice = f"{self._reason(gpus, packs)}: {_each(resources, at_once, packs)}"
        if gpus and not resources.gpus_in_all:
            notice += "; GPUs stay idle (`resources: {gpus: 1}` gives each trial one)"
        return DeviceChoice(resources, at_once, packs, notice)

    @property
    def _shares(self) -> bool:
        return self.small if self.wanted is None else self.wanted.gpus == AUTO

    def _resources(self, gpus: bool) -> TrialResources:
        whole = 1 if gpus else 0
        if self.wanted is None:
            return TrialResources(gpus=whole)
        if self.wanted.gpus == AUTO:
            return self.wanted.given(1 if self.wanted.gpu_kind else whole)
        return self.wanted.given(self.wanted.gpus)

    def _reason(self, gpus: bool, packs: bool) -> str:
        if self.wanted is not None and self.wanted.gpus != AUTO:
            return "as resources say"
        asked = "no resources given" if self.wanted is None else "resources.gpus auto"
        if not gpus:
            return f"{asked}, and there is no GPU"
        return f"{asked}, and small networks" if packs and self.wanted is None else asked


def _have_gpus(nodes: Nodes) -> bool:
    return any(node.get("GPU", 0) >= 1 for node in nodes)


def in_words(wanted: TrialResources | ActorSpec) -> str:
    """`1 core and 1 GPU (H100)`, `0.2 cores, and 2 actors of 1 core and 0.5 GPUs each`."""
    text = _counted(wanted.cpus, "core")
    if wanted.gpus:
        text += f" and {_counted(wanted.gpus, 'GPU')}"
    if isinstance(wanted, ActorSpec):
        return text
    if wanted.actors:
        text += f", and {wanted.actors.count} actors of {in_words(wanted.actors)} each"
    return f"{text} ({wanted.gpu_kind})" if wanted.gpu_kind else text


def one_more_fits(running: Sequence[TrialResources], wanted: TrialResources, nodes: Nodes) -> bool:
    """Whether a trial of `wanted` has room beside those that are `running`."""
    return fits([b for each in (*running, wanted) for b in trial_bundles(each)], nodes)


def _each(resources: TrialResources, at_once: int, packs: bool) -> str:
    if packs:
        return (
            f"the first trial takes {in_words(resources)}, and those that follow a share of it by "
            "the memory that was measured"
        )
    return f"a trial takes {in_words(resources)}, {at_once} at once"


def _counted(number: float, thing: str) -> str:
    return f"{number:.3g} {thing}" if number == 1 else f"{number:.3g} {thing}s"
