"""One training step, clean or adversarial: the surrogate's and every victim's.

SGD with momentum, a learning-rate schedule that is a pure function of the step, and PGD examples
made with BatchNorm in eval mode.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sem_ray.attacks import pgd
from sem_ray.augment import seen_shape
from sem_ray.devices import MASTERS, PASSES, one_thread
from sem_ray.draws import Stream, derived_seed
from sem_ray.errors import WorkFailed
from sem_ray.networks import FrozenTwin, build_network, require_fit
from sem_ray.spec import (
    AttackSpec,
    ExperimentSpec,
    Precision,
    TrainingSpec,
    default_step_size,
    unit,
)


def learning_rate(spec: TrainingSpec, step: int) -> float:
    """The rate of optimiser step `step`, counted from 0."""
    if spec.schedule == "cosine":
        return spec.learning_rate * (1 + math.cos(math.pi * step / spec.steps)) / 2
    if spec.schedule == "step":
        every = spec.decay_every or max(2 * spec.steps // 5, 1)
        return spec.learning_rate * float(spec.decay_factor ** (step // every))
    return spec.learning_rate


def finite_loss(loss: float, role: str, step: int) -> float:
    """`loss`, unless it is NaN or infinite: such a network's accuracy would pass for protection.

    Raises `WorkFailed`.
    """
    if math.isfinite(loss):
        return loss
    raise WorkFailed(
        f"the {role}'s loss is {loss} at step {step + 1}: it diverged; lower {role}.learning_rate"
    )


@dataclass(frozen=True)
class Attack:
    """PGD with a random start: radius and step in [0, 1]; radius 0 is no attack."""

    radius: float
    step: float
    steps: int

    @classmethod
    def of(cls, spec: AttackSpec, radius: float) -> Attack:
        """The attack of `spec` at `radius` (1/255)."""
        step = spec.attack_step_size or default_step_size(radius, spec.attack_steps)
        return cls(unit(radius), unit(step), spec.attack_steps)

    def examples(
        self, network: FrozenTwin, images: Tensor, labels: Tensor, stream: Stream
    ) -> Tensor:
        """Adversarial examples of images [n, C, H, W] against `network`."""
        if not self.radius:
            return images
        return pgd(
            lambda batch: network.gradient(batch, labels),
            images,
            stream.ball(images, self.radius),
            radius=self.radius,
            step=self.step,
            steps=self.steps,
        )


class Trainer:
    """A network, its optimiser, and its frozen twin for attacks and noise phases."""

    def __init__(
        self,
        spec: TrainingSpec,
        network: nn.Module,
        precision: Precision,
        *,
        compiled: bool = False,
    ) -> None:
        self.spec = spec
        self.network = network.train()
        self._passes = PASSES[precision]
        self._shortened = PASSES[precision] != MASTERS[precision]
        self._twin = FrozenTwin(network, self._passes, compiled=compiled)
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
    ) -> Trainer:
        """A network initialised for its `role` (`"surrogate"`, `"victim"`) from the run's seed, for
        images of `shape` (C, H, W).

        Raises `BadInput` where it cannot take them as the run's augmentation gives them.
        """
        seed = derived_seed(run.seed, role, "init")
        network = build_network(spec.network, classes, shape[0], seed)
        require_fit(network, spec.network, seen_shape(run.augmentation, shape))
        placed = network.to(device, MASTERS[run.precision])
        placed = placed.to(memory_format=torch.channels_last)
        return cls(spec, placed, run.precision, compiled=run.compiled)

    def frozen(self) -> FrozenTwin:
        """The network as it stands, in eval mode, parameters without gradients."""
        return self._twin.refresh()

    def state(self) -> dict[str, Tensor]:
        """Weights, statistics and momenta; with the step, all that a resumed run needs."""
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            if (momentum := self.optimizer.state[parameter].get("momentum_buffer")) is not None:
                tensors[f"momentum.{name}"] = momentum
        return tensors

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        own = self.network.state_dict()
        self.network.load_state_dict({name: tensors[f"network.{name}"] for name in own})
        for name, parameter in self.network.named_parameters():
            if (momentum := tensors.get(f"momentum.{name}")) is not None:
                kept = torch.empty_like(parameter, requires_grad=False).copy_(momentum)
                self.optimizer.state[parameter]["momentum_buffer"] = kept

    def step(self, step: int, images: Tensor, labels: Tensor) -> Tensor:
        """One SGD step in train mode on images [n, C, H, W]; the mean loss, still on the device.

        The one pass whose sums run over the batch, and so the one that must not depend on threads.
        """
        try:
            with one_thread(images.device):
                return self._step(step, images, labels)
        except torch.OutOfMemoryError as error:
            raise WorkFailed(
                f"a training step on {len(images)} images does not fit the device's memory, and "
                "its BatchNorm needs them together; lower the batch"
            ) from error

    def _step(self, step: int, images: Tensor, labels: Tensor) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.spec, step)
        with torch.autocast(images.device.type, self._passes, enabled=self._shortened):
            loss = F.cross_entropy(self.network(images), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.detach()
