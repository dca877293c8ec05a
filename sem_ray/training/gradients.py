"""The gradients of one training pass, summed over its parts and over the workers of the run.

In buckets from the last layer to the first, each on its way as soon as the backward pass has
filled it, while the layers before it are still at work.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from sem_ray.distributed import Communicator, Work, quantised

BUCKET = 25_000_000
"""Bytes of a bucket: enough to fill a link, few enough to begin early."""


@dataclass
class _Bucket:
    """Parameters that are summed together: their names, and how many parts' gradients are still
    missing."""

    names: list[str]
    missing: int = 0
    flat: Tensor | None = None
    waiting: Work | None = None


@dataclass
class Gradients:
    """`leaves[part]` are a part's views of the parameters, in whose `grad` its gradients arrive.

    exact: sums are those of any order (`distributed/exact_sum.py`), in float64 on their way.
    """

    network: nn.Module
    parts: int
    communicator: Communicator
    exact: bool
    leaves: list[dict[str, Tensor]] = field(init=False)

    def __post_init__(self) -> None:
        self._parameters = dict(self.network.named_parameters())
        self.leaves = [
            {name: value.detach().requires_grad_() for name, value in self._parameters.items()}
            for _ in range(self.parts)
        ]
        self._buckets = [_Bucket(names) for names in self._split()]
        self._next = 0
        if self.communicator.count > 1:
            self._listen()

    def backward(self, losses: Sequence[Tensor]) -> None:
        """Compute the parts' gradients and put their sum over all workers into the parameters'
        `grad`. Raises `WorkerLost`."""
        self._next = 0
        for bucket in self._buckets:
            bucket.missing = len(bucket.names) * self.parts
        torch.autograd.backward(list(losses))
        if self.communicator.count > 1:
            self._send(len(self._buckets))
        for bucket in self._buckets:
            self._settle(bucket)
        for leaves in self.leaves:
            for leaf in leaves.values():
                leaf.grad = None

    def _split(self) -> Iterator[list[str]]:
        """The parameters' names, last first, in runs of about a bucket's bytes: the order in which
        gradients arrive."""
        names: list[str] = []
        size = 0
        for name, value in reversed(self._parameters.items()):
            names.append(name)
            size += value.numel() * value.element_size()
            if size >= BUCKET:
                yield names
                names, size = [], 0
        if names:
            yield names

    def _listen(self) -> None:
        # A leaf holds its hooks out of sight of Python's search for cycles; holding `self` there
        # would keep every network that ever trained.
        me = weakref.ref(self)

        def arrived(bucket: _Bucket) -> None:
            if (gradients := me()) is not None:
                gradients._arrived(bucket)

        for bucket in self._buckets:
            for name in bucket.names:
                for leaves in self.leaves:
                    leaves[name].register_post_accumulate_grad_hook(  # type: ignore[no-untyped-call]
                        lambda _, bucket=bucket: arrived(bucket)
                    )

    def _arrived(self, bucket: _Bucket) -> None:
        bucket.missing -= 1
        full = self._next
        while full < len(self._buckets) and not self._buckets[full].missing:
            full += 1
        self._send(full)

    def _send(self, end: int) -> None:
        """Buckets up to `end`, in the order that is every worker's. (A parameter that the network
        does not use never arrives: what is left after the backward pass goes as it is.)"""
        while self._next < end:
            bucket = self._buckets[self._next]
            bucket.flat = torch.cat([self._summed(name).flatten() for name in bucket.names])
            bucket.waiting = self.communicator.all_reduce_async(bucket.flat)
            self._next += 1

    def _summed(self, name: str) -> Tensor:
        """The gradient of one parameter, summed over this worker's parts."""
        own = [self._of(leaves[name]) for leaves in self.leaves]
        total = quantised(own[0]) if self.exact else own[0]
        for gradient in own[1:]:
            total += quantised(gradient) if self.exact else gradient
        return total

    @staticmethod
    def _of(leaf: Tensor) -> Tensor:
        """A part's gradient of one parameter; zeros if the network does not use it."""
        return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad

    def _settle(self, bucket: _Bucket) -> None:
        """Put the sums into the parameters' `grad`, in the parameters' own layout."""
        for name, total in self._totals(bucket):
            parameter = self._parameters[name]
            gradient = torch.empty_like(parameter, requires_grad=False)
            parameter.grad = gradient.copy_(total.view(parameter.shape))
        bucket.flat = bucket.waiting = None

    def _totals(self, bucket: _Bucket) -> Iterator[tuple[str, Tensor]]:
        if bucket.flat is None or bucket.waiting is None:
            yield from ((name, self._summed(name)) for name in bucket.names)
            return
        bucket.waiting()
        sizes = [self._parameters[name].numel() for name in bucket.names]
        yield from zip(bucket.names, torch.split(bucket.flat, sizes), strict=True)
