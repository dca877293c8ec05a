"""Where a long run stands, and how a checkpoint keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class State:
    """All that a later step depends on.

    shared: what every worker has alike; shards: what belongs to one logical shard; facts: small
    things, as JSON.
    """

    shared: Mapping[str, Tensor]
    shards: Mapping[int, Mapping[str, Tensor]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


SHARD = "shard"


def packed(state: State, facts: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The state flattened to named tensors and JSON facts, as a checkpoint keeps it."""
    apart = {
        f"{SHARD}.{shard}.{name}": tensor
        for shard, tensors in state.shards.items()
        for name, tensor in tensors.items()
    }
    return {**state.shared, **apart}, dict(facts)


def unpacked(tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> State:
    """The state that `packed` flattened."""
    shared: dict[str, Tensor] = {}
    shards: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        kind, _, rest = key.partition(".")
        if kind == SHARD:
            number, _, name = rest.partition(".")
            shards.setdefault(int(number), {})[name] = tensor
        else:
            shared[key] = tensor
    return State(shared, shards, facts)


def apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of the tensors on the CPU, which later steps do not change."""
    return {name: _copied(tensor) for name, tensor in tensors.items()}


def _copied(tensor: Tensor) -> Tensor:
    return torch.empty_like(tensor, device="cpu", requires_grad=False).copy_(tensor.detach())
