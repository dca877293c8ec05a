"""A network in training: SGD on batches that lie in parts, here and at other workers of the run.

Sums over a batch (gradients, BatchNorm's statistics) are taken over its parts, each computed by
itself, so the result does not depend on who holds which part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sem_ray.augment import seen_shape
from sem_ray.devices import MASTERS, PASSES, one_thread
from sem_ray.distributed import Communicator
from sem_ray.distributed.shards import Shards
from sem_ray.errors import WorkFailed
from sem_ray.networks import (
    FrozenTwin,
    PartitionedNetwork,
    Slots,
    build_network,
    require_image_size,
    require_seeded,
)
from sem_ray.rng import Stream, derived_seed
from sem_ray.spec import ExperimentSpec, Precision, TrainingSpec
from sem_ray.training.gradients import Gradients
from sem_ray.training.schedule import learning_rate

MOMENTUM = "momentum."
"""Begins the names of the optimiser's tensors in a trainer's state."""


@dataclass(frozen=True)
class ParallelContext:
    """How a batch is shared between workers: the parts that lie here, and the communicator to the
    others."""

    slots: Slots
    shards: Shards
    exact: bool
    """Whether sums must not depend on how parts are shared; costs a little time."""

    @classmethod
    def of(cls, shards: Shards, communicator: Communicator, *, folded: bool) -> ParallelContext:
        """Exact if parts are shards and there is more than one. Folded and alone, there is
        one part."""
        one = folded and communicator.count == 1
        slots = Slots(communicator, 1 if one else shards.split.count, (0,) if one else shards.slots)
        return cls(slots, shards, exact=not folded and shards.split.count > 1)

    @property
    def rows(self) -> int:
        return self.shards.split.batch

    def draws(self, role: str, step: int, layer: str) -> list[Stream]:
        """Random numbers of one of the network's layers, for each part that lies here."""
        return self.shards.training_streams(f"{role} {layer}", step)


class Trainer:
    """A network, its optimiser, and its frozen twin for attacks and noise phases."""

    def __init__(
        self,
        spec: TrainingSpec,
        network: nn.Module,
        precision: Precision,
        parallel: ParallelContext,
        *,
        role: str,
        compiled: bool = False,
    ) -> None:
        self.spec = spec
        self.parallel = parallel
        self.role = role
        self.network = network.train()
        self._passes = PASSES[precision]
        self._shortened = PASSES[precision] != MASTERS[precision]
        self._twin = FrozenTwin(network, self._passes, compiled=compiled)
        self._joint = PartitionedNetwork(network, parallel.slots)
        parts = len(parallel.slots.own)
        self._gradients = Gradients(network, parts, parallel.slots.communicator, parallel.exact)
        self.optimizer = torch.optim.SGD(
            network.parameters(),
            lr=spec.learning_rate,
            momentum=spec.momentum,
            weight_decay=spec.weight_decay,
            nesterov=spec.nesterov and spec.momentum > 0,
        )

    @classmethod
    def new(
        cls,
        spec: TrainingSpec,
        run: ExperimentSpec,
        *,
        classes: int,
        shape: tuple[int, int, int],
        device: torch.device,
        role: str,
        parallel: ParallelContext,
    ) -> Trainer:
        """A network initialised for its `role` (`"surrogate"`, `"victim"`) from the run's seed, for
        images of `shape` (C, H, W).

        Raises `BadInput` if it cannot take them as the run's augmentation gives them, and if
        what it draws while it trains cannot follow from the seed.
        """
        seed = derived_seed(run.seed, role, "init")
        network = build_network(spec.network, classes, shape[0], seed)
        seen = seen_shape(run.augmentation, shape)
        require_image_size(network, spec.network, seen)
        require_seeded(network, spec.network, seen)
        placed = network.to(device, MASTERS[run.precision])
        placed = placed.to(memory_format=torch.channels_last)
        return cls(spec, placed, run.precision, parallel, role=role, compiled=run.compiled)

    def frozen(self) -> FrozenTwin:
        """The network with its present weights, in eval mode, its parameters without gradients."""
        return self._twin.refresh()

    def state(self) -> dict[str, Tensor]:
        """Weights, statistics and momenta; with the step, all that a resumed run needs."""
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            if (momentum := self.optimizer.state[parameter].get("momentum_buffer")) is not None:
                tensors[f"{MOMENTUM}{name}"] = momentum
        return tensors

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Continue from what `state` gave."""
        own = self.network.state_dict()
        self.network.load_state_dict({name: tensors[f"network.{name}"] for name in own})
        for name, parameter in self.network.named_parameters():
            if (momentum := tensors.get(f"{MOMENTUM}{name}")) is not None:
                kept = torch.empty_like(parameter, requires_grad=False).copy_(momentum)
                self.optimizer.state[parameter]["momentum_buffer"] = kept

    def step(self, step: int, images: Sequence[Tensor], labels: Sequence[Tensor]) -> Tensor:
        """One SGD step in train mode on this worker's parts, images [n, C, H, W] each.

        Returns the parts' shares of the batch's mean loss, [parts], still on the device. The one
        pass whose sums run over the batch, and so the one that must not depend on threads. Raises
        `WorkFailed` if memory is too small, `WorkerLost` if another worker is gone.
        """
        try:
            with one_thread(images[0].device):
                return self._step(step, images, labels)
        except torch.OutOfMemoryError as error:
            raise WorkFailed(
                f"a training step on {self.parallel.rows} images does not fit the device's memory, "
                "and its BatchNorm needs them together; lower the batch"
            ) from error

    def _step(self, step: int, images: Sequence[Tensor], labels: Sequence[Tensor]) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.spec, step)
        with torch.autocast(images[0].device.type, self._passes, enabled=self._shortened):
            draws = partial(self.parallel.draws, self.role, step)
            logits = self._joint.logits(images, self._gradients.leaves, draws)
            losses = [
                F.cross_entropy(found, wanted, reduction="sum") / self.parallel.rows
                for found, wanted in zip(logits, labels, strict=True)
            ]
        self._gradients.backward(losses)
        self.optimizer.step()
        return torch.stack(losses).detach()
