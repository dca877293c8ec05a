"""A training pass over a batch that lies in parts, here and at other members of the run.

Each layer takes its parts one after the other, so a part is computed the same way wherever it
lies; only BatchNorm looks at all of them together (`sync_batch_norm.py`). Parameters come as one
set a part, views of the same values, so that each part's gradient stays apart until it is summed.
What layers drop is drawn for each part from a stream of its own (`seeded_dropout.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, fx, nn
from torch.func import functional_call
from torch.fx.node import Argument, map_aggregate
from torch.nn.modules.batchnorm import _BatchNorm

from sem_ray.networks.passes.seeded_dropout import Drop, RandomStreams, dropped, drops_of
from sem_ray.networks.passes.sync_batch_norm import Slots, sync_batch_norm

Leaves = Mapping[str, Tensor]
"""A parameter's name → the part's view of it."""


@dataclass(frozen=True)
class _Parts:
    """One value a part, where an ordinary pass has one."""

    values: tuple[Any, ...]


class PartitionedNetwork:
    """`source` as it trains. It shares the source's modules, so its statistics move along."""

    def __init__(self, source: nn.Module, slots: Slots) -> None:
        self._graph = fx.symbolic_trace(source)
        self._drops = drops_of(self._graph)
        self._slots = slots

    def logits(
        self, images: Sequence[Tensor], leaves: Sequence[Leaves], draws: RandomStreams
    ) -> tuple[Tensor, ...]:
        """[n, classes] for each part's images [n, C, H, W]. Raises `WorkerLost`."""
        apart = [part.contiguous(memory_format=torch.channels_last) for part in images]
        steps = _Lockstep(self._graph, self._drops, self._slots, leaves, draws)
        return cast(_Parts, steps.run(_Parts(tuple(apart)))).values


class _Lockstep(fx.Interpreter):
    def __init__(
        self,
        graph: fx.GraphModule,
        drops: Mapping[fx.Node, Drop],
        slots: Slots,
        leaves: Sequence[Leaves],
        draws: RandomStreams,
    ) -> None:
        super().__init__(graph)
        self.extra_traceback = False
        self._drops, self._slots, self._leaves, self._draws = drops, slots, leaves, draws

    def run_node(self, n: fx.Node) -> Any:
        if n.op in ("placeholder", "output"):
            return super().run_node(n)
        if drop := self._drops.get(n):
            return self._dropped(n, drop)
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        if n.op == "call_module":
            module = self.fetch_attr(str(n.target))
            if self._meets_others(module):
                return self._norm(str(n.target), module, args[0])
        return _Parts(
            tuple(
                self._one(n, part, _pick(args, part), _pick(kwargs, part))
                for part in range(len(self._leaves))
            )
        )

    def _meets_others(self, module: Any) -> bool:
        return isinstance(module, _BatchNorm) and module.training and self._slots.count > 1

    def _one(self, n: fx.Node, part: int, args: Any, kwargs: Any) -> Any:
        """The node for one part."""
        if n.op == "call_module":
            module = self.fetch_attr(str(n.target))
            return functional_call(module, self._own(str(n.target), module, part), args, kwargs)
        if n.op == "get_attr":
            return self._leaves[part].get(str(n.target), self.fetch_attr(str(n.target)))
        if n.op == "call_method":
            return getattr(args[0], str(n.target))(*args[1:], **kwargs)
        return cast(Callable[..., Any], n.target)(*args, **kwargs)

    def _own(self, place: str, module: nn.Module, part: int) -> dict[str, Tensor]:
        names = [name for name, _ in module.named_parameters()]
        return {name: self._leaves[part][f"{place}.{name}"] for name in names}

    def _dropped(self, n: fx.Node, drop: Drop) -> _Parts:
        maps = cast(_Parts, self.env[dropped(n)]).values
        streams = self._draws(n.name)
        pairs = zip(maps, streams, strict=True)
        return _Parts(tuple(drop.applied(part, stream) for part, stream in pairs))

    def _norm(self, place: str, module: _BatchNorm, maps: _Parts) -> _Parts:
        weights = [leaves[f"{place}.weight"] for leaves in self._leaves]
        biases = [leaves[f"{place}.bias"] for leaves in self._leaves]
        return _Parts(sync_batch_norm(module, self._slots, weights, biases, maps.values))


def _pick(values: Any, part: int) -> Any:
    """The arguments of one part."""

    def own(value: Argument) -> Argument:
        return value.values[part] if isinstance(value, _Parts) else value

    return map_aggregate(values, own)
