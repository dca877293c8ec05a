"""Random numbers that depend only on the spec.

A stream is seeded by (seed, stage, step, logical shard) and never by a worker, so the result is
the same however many devices share the work, and a resumed run needs no generator state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


def derived_seed(seed: int, *keys: str | int) -> int:
    """A 63-bit seed for the purpose that `keys` names, the same on every machine."""
    text = "/".join(str(key) for key in (seed, *keys))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def numpy_generator(seed: int, *keys: str | int) -> np.random.Generator:
    """A NumPy generator for host-side choices (subsets, orders)."""
    return np.random.default_rng(derived_seed(seed, *keys))


class Stream:
    """The random numbers of one step: one generator for each logical shard taking part.

    Rows come out shard after shard, in the order of `counts`.
    """

    def __init__(self, generators: Sequence[torch.Generator], counts: Sequence[int]) -> None:
        self._parts = [(g, n) for g, n in zip(generators, counts, strict=True) if n]
        self.rows = sum(counts)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """float32 [rows, *shape], uniform in [low, high)."""
        parts = [torch.rand(n, *shape, generator=g, device=g.device) for g, n in self._parts]
        return _joined(parts).mul_(high - low).add_(low)

    def ball(self, images: Tensor, radius: float) -> Tensor:
        """An offset for each of `images` [rows·J, …] (J to a row), uniform in ±radius, in their
        number format; drawn in float32, so formats share one draw."""
        samples = len(images) // self.rows
        drawn = self.uniform(-radius, radius, samples, *images.shape[1:])
        return drawn.flatten(0, 1).to(images.dtype)

    def integers(self, high: int, *shape: int) -> Tensor:
        """int64 [rows, *shape], uniform in {0, …, high - 1}."""
        parts = [
            torch.randint(high, (n, *shape), generator=g, device=g.device) for g, n in self._parts
        ]
        return _joined(parts)


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts))


@dataclass(frozen=True)
class RandomStreams:
    """The source of every stream of one run.

    Streams on different device types differ (PyTorch's CPU and CUDA generators do), so a run is
    reproducible on the kind of device it was made on.
    """

    seed: int
    device: torch.device

    def stream(
        self, stage: str, step: int, counts: Sequence[int], shards: Sequence[int] | None = None
    ) -> Stream:
        """The stream of `stage` at `step`; `counts[i]` rows belong to shard `shards[i]`, which
        are 0, 1, … if they are not given."""
        generators = [
            torch.Generator(self.device).manual_seed(derived_seed(self.seed, stage, step, shard))
            for shard in (range(len(counts)) if shards is None else shards)
        ]
        return Stream(generators, counts)
