"""Dropout and stochastic depth whose masks are drawn from the run's own random streams.

PyTorch's layers draw from a generator that the whole process shares, so what they drop depends on
everything that drew before. Dropout (Srivastava et al. 2014) and stochastic depth of whole rows
(Huang et al. 2016) are drawn here instead; a network that draws in any other way is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode

from sem_ray.errors import BadInput
from sem_ray.rng import Stream

RandomStreams = Callable[[str], Sequence[Stream]]
"""A layer's name → a stream for each part of the batch."""


@dataclass(frozen=True)
class Drop:
    """Values become 0 with probability `rate`, each by itself or whole rows at once; the others
    grow by 1/(1 - rate), so that means stay."""

    rate: float
    whole_rows: bool = False

    def applied(self, maps: Tensor, stream: Stream) -> Tensor:
        """maps [n, …], a row for each of the stream's. Raises `BadInput` if there is not."""
        if len(maps) != stream.rows:
            raise BadInput(
                f"a network drops values of {len(maps)} rows where the batch has {stream.rows}, so "
                "they cannot be drawn row by row; take another network"
            )
        shape = [1] * (maps.dim() - 1) if self.whole_rows else maps.shape[1:]
        kept = stream.uniform(0, 1, *shape) >= self.rate
        return maps * (kept.to(maps.dtype) * (1 / (1 - self.rate) if self.rate < 1 else 0.0))


def drops_of(graph: fx.GraphModule) -> dict[fx.Node, Drop]:
    """The nodes of `graph`, traced in train mode, that drop anything."""
    found = ((node, _drop(graph, node)) for node in graph.graph.nodes)
    return {node: drop for node, drop in found if drop is not None and drop.rate > 0}


def _drop(graph: fx.GraphModule, node: fx.Node) -> Drop | None:
    if node.op == "call_module":
        module = graph.get_submodule(str(node.target))
        return Drop(module.p) if isinstance(module, nn.Dropout) and module.training else None
    if node.op != "call_function" or not callable(node.target):
        return None
    if node.target is F.dropout:
        given = _arguments(node.target, node)
        return Drop(given["p"]) if given["training"] is True else None
    if _is_stochastic_depth(node.target):
        given = _arguments(node.target, node)
        rows = given["mode"] == "row" and given["training"] is True
        return Drop(given["p"], whole_rows=True) if rows else None
    return None


def _is_stochastic_depth(function: Any) -> bool:
    """By its name, since torchvision need not be installed."""
    place = getattr(function, "__module__", ""), getattr(function, "__name__", "")
    return place == ("torchvision.ops.stochastic_depth", "stochastic_depth")


def _arguments(function: Callable[..., Any], node: fx.Node) -> Mapping[str, Any]:
    bound = inspect.signature(function).bind(*node.args, **node.kwargs)
    bound.apply_defaults()
    return bound.arguments


def dropped(node: fx.Node) -> fx.Node:
    """What `node`, one of `drops_of`, drops from."""
    return cast(fx.Node, node.args[0] if node.args else node.kwargs["input"])


def require_seeded(network: nn.Module, name: str, shape: tuple[int, int, int]) -> None:
    """Raise `BadInput` if `network`, called `name`, draws random numbers while it trains on
    images of `shape` (C, H, W) that no stream can give it.

    Its layers are run on shapes alone (the meta device); its mode and weights stay as they are.
    """
    training = network.training
    try:
        graph = _without_drops(network.train())
        tensors = chain(graph.named_parameters(), graph.named_buffers())
        shapes = {key: tensor.detach().to("meta") for key, tensor in tensors}
        images = torch.empty(2, *shape, dtype=next(network.parameters()).dtype, device="meta")
        with torch.no_grad(), _NoDraws(name):
            functional_call(graph, shapes, (images,))
    finally:
        network.train(training)


def _without_drops(network: nn.Module) -> fx.GraphModule:
    graph = fx.symbolic_trace(network)
    for node in drops_of(graph):
        node.replace_all_uses_with(dropped(node))
        graph.graph.erase_node(node)
    graph.recompile()
    return graph


class _NoDraws(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuses every operation that would draw from PyTorch's own generator."""

    def __init__(self, name: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = name

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if torch.Tag.nondeterministic_seeded in func.tags and _may_draw(func, args, kwargs or {}):
            raise BadInput(
                f"network {self._name} draws random numbers while it trains ({func}) that cannot "
                "follow from the seed; take another network"
            )
        return func(*args, **(kwargs or {}))


def _may_draw(func: Any, args: Any, kwargs: Mapping[str, Any]) -> bool:
    """Attention is marked as drawing, and draws if it drops."""
    names = (argument.name for argument in func._schema.arguments)
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return "dropout_p" not in given or given["dropout_p"] > 0
