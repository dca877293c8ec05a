"""What the images are like for the settings, what making noise costs here, what to try next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import prod

import torch
from torch.utils.flop_counter import FlopCounterMode

from sem_ray.augment import seen_shape
from sem_ray.data import ImageSet
from sem_ray.data.selection import balanced_rows
from sem_ray.devices import one_thread
from sem_ray.evaluation import ShortCheck
from sem_ray.methods import method_of
from sem_ray.networks import build_network
from sem_ray.networks.shape_check import require_image_size
from sem_ray.spec import ExperimentSpec

SAMPLE = 500
"""Images that are looked at."""
HOURS = 1
"""Of estimated work on a CPU from which on it is said."""
CLIPPED = 0.25
"""Share of black and white values from which on clipping is named as a reason."""
LARGEST = 32
"""1/255: a larger radius is not advised, since it shows."""
ALTERNATING = ("sem", "rem")
PROBE = 512
"""Rows and columns of the matrices whose product tells how fast this processor is."""
EFFICIENCY = 0.5
"""Share of that speed that convolutions reach, about."""


@dataclass(frozen=True)
class ImageFacts:
    """What of the images decides how well settings fit them."""

    images: int
    classes: int
    channels: int
    height: int
    width: int
    clipped: float
    """Share of the values, 0 to 1, that are black or white: there half of the noise is clipped."""

    @classmethod
    def of(cls, images: ImageSet) -> ImageFacts:
        """Of all images; `clipped` of a balanced sample."""
        rows = torch.from_numpy(balanced_rows(images.labels.cpu().numpy(), SAMPLE, 0))
        values = images.images[rows]
        clipped = float(((values == 0) | (values == 255)).double().mean())
        return cls(len(images), len(images.classes), *images.shape, clipped)

    @property
    def description(self) -> str:
        """`680 grey images of 128×128, 41% of their values black or white`."""
        kind = "grey" if self.channels == 1 else "RGB"
        size = f"{self.width}×{self.height}"
        extremes = f"{self.clipped:.0%} of their values black or white"
        return f"{self.images:,} {kind} images of {size}, {extremes}"


def hours_notices(spec: ExperimentSpec, images: ImageSet, device: torch.device) -> tuple[str, ...]:
    """What the noise costs on a CPU, if that is hours; of alternating methods only.

    Raises `BadInput` if the surrogate cannot take images of this size.
    """
    if device.type != "cpu" or spec.noise.method not in ALTERNATING:
        return ()
    hours = _flops(spec, images) / _flops_a_second() / 3600
    if hours < HOURS:
        return ()
    return (
        f"about {hours:,.0f} hours on this CPU: {spec.surrogate.steps:,} steps of "
        f"{spec.surrogate.network}; --preset quick takes a small network and few steps",
    )


def _flops(spec: ExperimentSpec, images: ImageSet) -> float:
    """Of the steps and of the final pass, about: a gradient is two forward passes' work."""
    noise, surrogate = spec.noise.alternating, spec.surrogate
    batch = min(surrogate.batch, len(images))
    steps = surrogate.steps * batch * (noise.steps * noise.samples + surrogate.attack_steps + 1)
    final = len(images) * (noise.final_steps or noise.steps) * noise.samples
    return 2 * (steps + final) * _forward_flops(spec, images)


def _forward_flops(spec: ExperimentSpec, images: ImageSet) -> float:
    """Of one image, counted from shapes only."""
    channels, height, width = seen_shape(spec.augmentation, images.shape)
    name = spec.surrogate.network
    network = build_network(name, len(images.classes), channels, 0)
    require_image_size(network, name, (channels, height, width))
    network = network.to("meta")
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network.eval()(torch.empty(1, channels, height, width, device="meta"))
    return float(counter.get_total_flops())


def _flops_a_second() -> float:
    """What one thread reaches, as runs on a CPU use one."""
    matrix = torch.ones(PROBE, PROBE)
    with one_thread(torch.device("cpu")):
        torch.mm(matrix, matrix)
        start = time.perf_counter()
        torch.mm(matrix, matrix)
        seconds = time.perf_counter() - start
    return EFFICIENCY * 2 * prod((PROBE,) * 3) / max(seconds, 1e-9)


def advice(spec: ExperimentSpec, facts: ImageFacts, check: ShortCheck) -> tuple[str, ...]:
    """What to try if the noise was not found to protect, the likeliest first."""
    if check.answer == "protects":
        return ()
    if check.answer == "cannot be told":
        return _to_tell(check)
    return tuple(_stronger(spec, facts))


def _to_tell(check: ShortCheck) -> tuple[str, ...]:
    clean = check.comparison.clean
    if clean is not None and clean.low <= check.comparison.chance:
        reason = "the small network learned nothing from clean images"
    else:
        reason = "the accuracies lie too close to half-way for so few test images"
    return (f"{reason}: train the victims of the settings, sem-ray evaluate DATA --noise OUT",)


def _stronger(spec: ExperimentSpec, facts: ImageFacts) -> list[str]:
    """A larger radius, if the method keeps to one; then longer training, if it trains so."""
    found = []
    if method_of(spec).bounded and spec.noise.radius < LARGEST:
        radius = min(2 * spec.noise.radius, LARGEST)
        reason = (
            f"{facts.clipped:.0%} of the values are black or white, where half of the noise is "
            "clipped: "
            if facts.clipped >= CLIPPED
            else ""
        )
        found.append(f"{reason}a larger radius, --set noise.radius={radius:g}")
    if spec.noise.method in ALTERNATING:
        found.append(f"longer training, --set surrogate.steps={2 * spec.surrogate.steps}")
    return found
