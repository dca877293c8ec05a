"""Kinds of GPUs in a cluster, by the names that Ray gives them: `H100`, `A100`, `T4`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sem_ray.errors import BadInput
from sem_ray.spec.validation import did_you_mean

Bundle = dict[str, float]
"""Ray's names of resources → how much."""
Nodes = Sequence[Mapping[str, float]]
"""What each live machine has."""

PREFIX = "accelerator_type:"
"""Ray gives every machine one unit of the resource of this name and the kind of its GPUs."""
A_LITTLE = 0.001
"""Of that unit: what Ray itself takes for a task that names a kind, so that any number fit."""


def constraint(kind: str | None) -> Bundle:
    """What a bundle asks for to lie on a machine with GPUs of `kind`; nothing for None."""
    return {} if kind is None else {f"{PREFIX}{kind}": A_LITTLE}


def kinds(nodes: Nodes) -> tuple[str, ...]:
    """The kinds of GPUs on `nodes`, each once."""
    found = (name.removeprefix(PREFIX) for node in nodes for name in node if is_kind(name))
    return tuple(sorted(set(found)))


def is_kind(resource: str) -> bool:
    return resource.startswith(PREFIX)


def require_kinds(bundles: Sequence[Bundle], nodes: Nodes, who: str) -> None:
    """Raise `BadInput` with the kinds that exist if a bundle wants another."""
    there = kinds(nodes)
    for name in (name for bundle in bundles for name in bundle if is_kind(name)):
        kind = name.removeprefix(PREFIX)
        if kind not in there:
            known = f"there are {', '.join(there)}" if there else "no machine here says its kind"
            raise BadInput(
                f"{who} wants GPUs of the kind {kind}{did_you_mean(kind, there)}: {known}; name "
                "one of those as resources.gpu_kind, or leave it out"
            )


def totals(nodes: Nodes) -> dict[str, float]:
    """Cores and GPUs of all machines."""
    return {name: sum(node.get(name, 0) for node in nodes) for name in ("CPU", "GPU")}


def kind_here() -> str | None:
    """The kind of this machine's GPUs, as Ray will call it; None if it has none or an unknown
    one."""
    from ray._private.accelerators import get_accelerator_manager_for_resource

    manager = get_accelerator_manager_for_resource("GPU")
    found = manager.get_current_node_accelerator_type() if manager else None
    return str(found) if found else None
