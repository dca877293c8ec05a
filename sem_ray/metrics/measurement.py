"""What was measured, as one typed record from the trial to the tracking server."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import fmean
from typing import Annotated, Literal

from pydantic import Field

from sem_ray.spec.base import Frozen

TEST_ACCURACY = "test_accuracy"
"""Of a victim trained on protected images, in % of the clean test images."""
CLEAN_ACCURACY = "clean_accuracy"
"""Of a victim trained on clean images, in % of the clean test images."""
GENERATION_SECONDS = "generation_seconds"
VICTIM_SECONDS = "victim_seconds"
PASSES = "passes"
"""Forward-backward passes over each training image, on average, of the noise and of the victims on
protected images together, if nothing is found finished; at most so many if the method may end
early."""
GENERATION_PASSES = "generation_passes"
"""Those of the noise."""
VICTIM_PASSES = "victim_passes"
"""Those of the victims on protected images, of all radii."""
NOISE_PSNR = "noise_psnr"
"""Peak signal-to-noise ratio of protected images beside clean ones, in dB; larger is less
visible."""
NOISE_L2 = "noise_l2"
"""Mean Euclidean length of an image's change, its pixels in [0, 1]."""
NOISE_SSIM = "noise_ssim"
"""Mean structural similarity of protected and clean images; 1 is no difference."""

Unit = Literal["%", "s", "1", "dB"]
"""`1` is a count, a ratio, or a length of values in [0, 1]."""


class Measurement(Frozen):
    """One number and all that says what it is a number of."""

    name: str
    value: Annotated[float, Field(allow_inf_nan=True)]
    """A failed measurement may be NaN; a study refuses to optimise it."""
    unit: Unit
    radius: float | None = None
    """ρ of the victim's adversarial training in 1/255; None if no victim was measured."""
    network: str | None = None
    """The victim's; None if no victim was measured."""
    countermeasure: str | None = None
    """What was done to the protected images before training; None is nothing."""
    seed: int | None = None
    """The experiment's. Measurements that differ only in it are replicates."""

    @property
    def key(self) -> str:
        """The name it has in study files, tables and MLflow, which takes no `@`."""
        key = metric_key(self.name, self.radius)
        return f"{key}_after_{self.countermeasure}" if self.countermeasure else key


def metric_key(name: str, radius: float | None = None) -> str:
    """`test_accuracy_at_4` for the test accuracy at radius 4/255."""
    return name if radius is None else f"{name}_at_{radius:g}"


def current_key(name: str) -> str:
    """The key that is meant by `name`, which may have the form of earlier versions,
    `test_accuracy@4`."""
    return name.replace("@", "_at_")


def means(measurements: Iterable[Measurement]) -> dict[str, float]:
    """Key → mean over the replicates, which is the value itself if there is one."""
    values: dict[str, list[float]] = defaultdict(list)
    for measurement in measurements:
        values[measurement.key].append(measurement.value)
    return {key: fmean(found) for key, found in values.items()}
