"""The eval-mode twin of a network that is being trained: BatchNorm folded, input gradients only.

Attacks and noise phases pass through a network whose parameters stand still. With running
statistics fixed, BatchNorm is an affine map and folds into the convolution before it, which saves
a pass over every feature map; and the passes may run in a shorter number format than the weights
are kept in. docs/speed.md has what each is worth.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import chain
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from sem_ray.networks.passes.centred_input import CentredInput
from sem_ray.networks.passes.compiled import as_program
from sem_ray.networks.passes.memory_split import MemorySplit
from sem_ray.networks.passes.narrow_convolutions import gather_narrow_maps, has_matrix_tiles


@dataclass(frozen=True)
class _Fold:
    """A convolution of the source, the BatchNorm behind it, and the twin's one convolution."""

    convolution: nn.Conv2d
    norm: nn.BatchNorm2d
    folded: nn.Conv2d

    def refresh(self) -> None:
        mean, variance = cast(Tensor, self.norm.running_mean), cast(Tensor, self.norm.running_var)
        scale = self.norm.weight * torch.rsqrt(variance + self.norm.eps)
        bias = self.norm.bias - mean * scale
        if self.convolution.bias is not None:
            bias = bias + self.convolution.bias * scale
        self.folded.weight.copy_(self.convolution.weight * scale[:, None, None, None])
        cast(Tensor, self.folded.bias).copy_(bias)


class FrozenTwin:
    """A copy of `source` in eval mode that follows its weights when told to.

    dtype is what the passes are computed in, the source's own if it is None. Images, logits and
    gradients are in the source's number format either way. `compiled` passes run as one program
    (`networks/passes/compiled.py`).
    """

    def __init__(
        self, source: nn.Module, dtype: torch.dtype | None = None, *, compiled: bool = False
    ) -> None:
        self.dtype = next(source.parameters()).dtype
        graph = fx.symbolic_trace(_in_format(source, dtype or self.dtype))
        self._folds = _fold_all(graph, dict(source.named_modules()))
        self.network: nn.Module = graph.requires_grad_(False)
        folded = {id(fold.folded) for fold in self._folds}
        ours = dict(graph.named_modules())
        self._copies = [
            pair
            for name, module in source.named_modules()
            if name in ours and id(ours[name]) not in folded
            for pair in _own_tensors(ours[name], module)
        ]
        if dtype == torch.bfloat16 and has_matrix_tiles(next(source.parameters()).device):
            gather_narrow_maps(graph)
        self._forward = as_program(graph) if compiled else graph
        self._chunks = MemorySplit()
        self.refresh()

    @torch.no_grad()
    def refresh(self) -> FrozenTwin:
        """Take over the source's present weights and statistics."""
        for fold in self._folds:
            fold.refresh()
        for tensor, source in self._copies:
            tensor.copy_(source)
        return self

    def logits(self, images: Tensor) -> Tensor:
        """[n, classes] for images [n, C, H, W] in [0, 1]."""
        return self._chunks.run(self._logits, images, images)

    def gradient(self, images: Tensor, labels: Tensor) -> Tensor:
        """∂ Σ cross-entropy / ∂ images, [n, C, H, W]. A sum, so an image's gradient does not depend
        on its batch; if the batch does not fit the device's memory, it is split."""
        return self._chunks.run(self._gradient, images, labels)

    @torch.no_grad()
    def _logits(self, images: Tensor, _: Tensor) -> Tensor:
        logits: Tensor = self._forward(images).to(self.dtype)
        return logits

    def _gradient(self, images: Tensor, labels: Tensor) -> Tensor:
        leaf = images.detach().requires_grad_()
        loss = F.cross_entropy(self._forward(leaf).to(self.dtype), labels, reduction="sum")
        # `autograd.grad` would do the same, but PyTorch's FLOP counter cannot look into it.
        loss.backward()  # type: ignore[no-untyped-call]
        return cast(Tensor, leaf.grad)


def _in_format(source: nn.Module, dtype: torch.dtype) -> nn.Module:
    """A copy in eval mode whose layers compute in `dtype`."""
    twin = copy.deepcopy(source).eval().to(dtype)
    for module in twin.modules():
        if isinstance(module, CentredInput):
            module.dtype = dtype
    return twin


def _fold_all(graph: fx.GraphModule, source: dict[str, nn.Module]) -> list[_Fold]:
    """Take every BatchNorm that follows a convolution of its own out of `graph`."""
    folds = []
    for node in list(graph.graph.nodes):
        norm = source.get(str(node.target)) if node.op == "call_module" else None
        if not isinstance(norm, nn.BatchNorm2d):
            continue
        before = node.args[0]
        convolution = source.get(str(before.target)) if before.op == "call_module" else None
        if not isinstance(convolution, nn.Conv2d) or len(before.users) > 1:
            continue
        folded = cast(nn.Conv2d, graph.get_submodule(str(before.target)))
        folded.bias = nn.Parameter(torch.zeros_like(folded.weight[:, 0, 0, 0]))
        node.replace_all_uses_with(before)
        graph.graph.erase_node(node)
        folds.append(_Fold(convolution, norm, folded))
    graph.delete_all_unused_submodules()
    graph.recompile()
    return folds


def _own_tensors(ours: nn.Module, theirs: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """Parameters and buffers of the modules themselves, not of their children, in pairs; the twin
    has those that the passes use."""
    mine = chain(ours.named_parameters(recurse=False), ours.named_buffers(recurse=False))
    return [(tensor, getattr(theirs, name)) for name, tensor in mine if hasattr(theirs, name)]
