"""Places for actors: bundles of resources reserved as a whole, so that no two runs wait for each
other's halves; and whether they fit at all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import ray
from ray.util.placement_group import (
    PlacementGroup,
    placement_group,
    placement_group_table,
    remove_placement_group,
)

from sem_ray.cluster.gpu_kinds import Bundle, Nodes, constraint, require_kinds
from sem_ray.cluster.ray_watch import ray_is_lost
from sem_ray.errors import BadInput, WorkFailed
from sem_ray.spec.resources import ActorSpec, TrialResources

SMALLEST = 1e-4
"""Least amount of a resource: Ray counts in ten-thousandths."""
PATIENCE = 300.0
"""Seconds to wait for resources that exist and are in use."""


@dataclass(frozen=True)
class ReservedBundles:
    """Bundles of a placement group for `actors`, from `first` on."""

    group: PlacementGroup
    actors: ActorSpec
    first: int = 0


@contextmanager
def reserved(actors: ActorSpec) -> Iterator[ReservedBundles]:
    """A placement group of its own for `actors`, given back at the end.

    Raises `BadInput` if they can never fit, `WorkFailed` if what they want stays in use.
    """
    refuse_what_never_fits([bundle(actors)] * actors.count, live_nodes(), "a run")
    group = placement_group([bundle(actors)] * actors.count, strategy=actors.strategy)
    try:
        if not group.wait(PATIENCE):
            raise WorkFailed(
                f"{actors.count} actors of {amounts(bundle(actors))} found no room within "
                f"{PATIENCE:.0f} s: other work holds it; end that, or ask for fewer actors"
            )
        yield ReservedBundles(group, actors)
    finally:
        _give_back(group)


def within_trial(actors: ActorSpec) -> ReservedBundles:
    """The bundles that Tune reserved with the trial; its own process sits in the first."""
    group = ray.util.get_current_placement_group()
    if group is None:
        raise WorkFailed("the trial has no placement group for its actors")
    return ReservedBundles(group, actors, first=1)


def bundle(wanted: ActorSpec | TrialResources, kind: str | None = None) -> Bundle:
    """What one process occupies, on a machine whose GPUs are of `kind` if it needs any. Raises
    `BadInput` if that is less than Ray can count."""
    for name, given in (("cpus", wanted.cpus), ("gpus", wanted.gpus or SMALLEST)):
        if given < SMALLEST:
            raise BadInput(f"{name} {given:g}: Ray counts from {SMALLEST:g} on; ask for more")
    amount: Bundle = {"CPU": wanted.cpus}
    return {**amount, "GPU": wanted.gpus, **constraint(kind)} if wanted.gpus else amount


def trial_bundles(wanted: TrialResources) -> list[Bundle]:
    """What one trial occupies: its own process first, then its actors."""
    actors, kind = wanted.actors, wanted.gpu_kind
    own = bundle(wanted, kind)
    return [own, *([bundle(actors, kind)] * actors.count if actors else [])]


def live_nodes() -> Nodes:
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def room(bundles: Sequence[Bundle], nodes: Nodes) -> int:
    """How many times `bundles` fit, as a whole, on `nodes` at once."""
    free = [dict(node) for node in nodes]
    times = 0
    while all(_take(free, wanted) for wanted in _largest_first(bundles)):
        times += 1
    return times


def fits(bundles: Sequence[Bundle], nodes: Nodes) -> bool:
    """Whether all `bundles`, of one trial or of several, fit on `nodes` at once."""
    free = [dict(node) for node in nodes]
    return all(_take(free, wanted) for wanted in _largest_first(bundles))


def refuse_what_never_fits(bundles: Sequence[Bundle], nodes: Nodes, who: str) -> int:
    """How many times `bundles` fit. Raises `BadInput` with the numbers if they do not, or with the
    kinds of GPUs that there are if none is of the kind that is wanted."""
    require_kinds(bundles, nodes, who)
    times = room(bundles, nodes)
    if times == 0:
        there = " and ".join(amounts(node) for node in nodes) or "nothing"
        raise BadInput(
            f"{who} wants {_sum(bundles)}, and there is room for {there}; ask for less, or add "
            "machines"
        )
    return times


def amounts(resources: Mapping[str, float]) -> str:
    return f"{resources.get('CPU', 0):g} CPUs and {resources.get('GPU', 0):g} GPUs"


def shared_out(shards: int, workers: int) -> list[tuple[int, ...]]:
    """Each worker's shards: runs of as equal a length as can be."""
    bounds = [shards * worker // workers for worker in range(workers + 1)]
    return [tuple(range(bounds[i], bounds[i + 1])) for i in range(workers)]


def _sum(bundles: Sequence[Bundle]) -> str:
    """`0.2 CPUs and 0 GPUs and 4 × 1 CPUs and 0.5 GPUs`, each kind once."""
    kinds: dict[str, int] = {}
    for wanted in bundles:
        kinds[amounts(wanted)] = kinds.get(amounts(wanted), 0) + 1
    return " plus ".join(
        kind if times == 1 else f"{times} actors of {kind} each" for kind, times in kinds.items()
    )


def _take(free: list[dict[str, float]], wanted: Bundle) -> bool:
    for node in free:
        if all(node.get(name, 0) + 1e-9 >= amount for name, amount in wanted.items()):
            for name, amount in wanted.items():
                node[name] -= amount
            return True
    return False


def _largest_first(bundles: Sequence[Bundle]) -> list[Bundle]:
    return sorted(bundles, key=_size, reverse=True)


def _size(wanted: Bundle) -> tuple[float, float]:
    return wanted.get("GPU", 0), wanted["CPU"]


def _give_back(group: PlacementGroup) -> None:
    """Remove the placement group, and wait at most 10 s until its resources are free."""
    if ray_is_lost():
        return
    remove_placement_group(group)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if placement_group_table(group).get("state", "REMOVED") == "REMOVED":
            return
        time.sleep(0.05)
