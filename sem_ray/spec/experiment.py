"""One line of work: images → noise → protected images → victims' accuracies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sem_ray.spec.base import Count, Frozen, NoiseRadius, Number, Radius, StepSize
from sem_ray.spec.data import Augmentation, CropFlip, DataSpec
from sem_ray.spec.methods import EMSpec, NTGASpec, ParitySpec, Phase, ShortcutSpec, TAPSpec
from sem_ray.spec.training import AttackSpec, TrainingSpec

Precision = Literal["auto", "bfloat16", "float32", "float64"]


class NoiseSpec(Frozen):
    """The defensive noise δu and how it is searched for (methods.md section 2)."""

    method: str = "sem"
    """A name from `sem_ray.methods.METHODS`. What is not said below of one method alone is of the
    alternating ones, `sem` and `rem`; the radius is of all but `shortcut`."""
    radius: NoiseRadius = 8
    """ρu: the largest change of a pixel, in 1/255."""
    steps: Count = 10
    """K: signed steps of the noise phase."""
    step_size: StepSize | None = None
    """α in 1/255; null is 2ρu/K."""
    samples: Count = 5
    """J: draws of (transform, perturbation) averaged in each gradient (EOT)."""
    perturbation_scale: Annotated[Number, Field(ge=0)] = 1.0
    """ρr/ρa: the random perturbation's radius, as a multiple of the surrogate's."""
    final_steps: Count | None = None
    """K of the final pass over every image; null is `steps`."""
    noise_phase: Phase | None = None
    """What the noise is trained against; null is the method's own: `random` for sem, `adversarial`
    for rem."""
    surrogate_phase: Phase | None = None
    """What the surrogate is trained against; null is the method's own, `adversarial` for both."""
    parity: ParitySpec = ParitySpec()
    """Do as the published code where that differs (docs/methods.md): `true` for all, or some."""
    em: EMSpec = EMSpec()
    tap: TAPSpec = TAPSpec()
    shortcut: ShortcutSpec = ShortcutSpec()
    ntga: NTGASpec = NTGASpec()


class SurrogateSpec(TrainingSpec, AttackSpec):
    """The noise generator f'θ, trained on adversarial examples of the noisy images."""

    steps: Count = 5000
    radius: Radius = 4
    """ρa in 1/255."""


class VictimSpec(TrainingSpec, AttackSpec):
    """The networks that an unauthorised user trains on the protected images."""

    steps: Count = 40_000
    radii: Annotated[tuple[Radius, ...], Field(min_length=1)] = (0, 4)
    """ρ of each victim's adversarial training, in 1/255; 0 is standard training."""
    evaluations: Count = 10
    """Points of the curve of clean-test accuracy, the last at the end of training."""


class ExperimentSpec(Frozen):
    """Everything that can change the result of one experiment."""

    data: DataSpec = DataSpec()
    augmentation: Augmentation = CropFlip()
    noise: NoiseSpec = NoiseSpec()
    surrogate: SurrogateSpec = SurrogateSpec()
    victim: VictimSpec = VictimSpec()
    precision: Precision = "float32"
    """What passes are computed in. bfloat16 keeps float32 weights, sums and noise; it is fastest on
    GPUs and processors with arithmetic for it, and many times slower than float32 on others. `auto`
    is bfloat16 on the first and float32 on the others; the one chosen enters identities."""
    compiled: bool = False
    """Compile the frozen passes, as CUDA graphs on a GPU. Pays for long runs there; rounding may
    differ a little, so it is part of the identity."""
    shards: Count = 8
    """Logical shards of the rows, each with its own random draws: the most devices that can share
    one run, and part of its identity."""
    seed: int = 0
    """Everything random follows from it."""
