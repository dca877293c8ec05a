"""The groups of settings that methods read, one a method. Defaults are the published constants
(docs/methods.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sem_ray.spec.base import EVERY, Count, Frozen, Number, StepSize

Phase = Literal["none", "random", "adversarial"]
"""A perturbation: none; one uniform draw; found by PGD."""


class AlternatingSpec(Frozen):
    """The noise phase of `sem` and `rem`, and what each phase trains against."""

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


class ParitySpec(Frozen):
    """What the published code does and the default does otherwise, each switch alone. `true` in
    place of the group is all of them, `false` none; `all` in the group stands for those that it
    does not name."""

    drop_last: bool = False
    """`sem` and `rem`: the final pass goes over a shuffled set and drops its last partial batch,
    whose images keep what training last stored for them."""
    augmented_em: bool = False
    """`em`: noise is optimised through augmented views, in the coordinates of the image."""
    rounded_noise: bool = False
    """`sem` and `rem`: the surrogate trains on noise rounded to 1/255, as it is stored."""
    bound_gradient: bool = False
    """`sem` and `rem`: a pixel that noise takes exactly to 0 or 1 has no gradient, as PyTorch's
    `clamp` gives it none; by default only a pixel beyond has none."""

    @model_validator(mode="before")
    @classmethod
    def _spelt_out(cls, given: Any) -> Any:
        if isinstance(given, cls):
            return given
        tree = {EVERY: given} if isinstance(given, bool) else given
        if not isinstance(tree, Mapping):
            raise ValueError(  # noqa: TRY004  what pydantic turns into its own
                f"expected true, false, or a mapping of {', '.join(cls.model_fields)}"
            )
        named = {key: value for key, value in tree.items() if key != EVERY}
        return {**dict.fromkeys(cls.model_fields, tree.get(EVERY, False)), **named}


class EMSpec(Frozen):
    """Error-minimizing noise. Its surrogate trains at the constant `surrogate.learning_rate`."""

    class_wise: bool = False
    """One noise a class instead of one an image."""
    train_steps: Count = 10
    """SGD steps of the surrogate in each loop."""
    steps: Count = 20
    """Signed steps on the noise of the whole set in each loop."""
    step_size: StepSize | None = None
    """In 1/255; null is 2ρu/steps, 0.8 at the defaults."""
    stop_error: Annotated[Number, Field(ge=0, le=100)] = 1.0
    """The loop ends once the surrogate errs on less than this many % of the protected images."""
    loops: Count = 100
    """Most loops."""


class TAPSpec(Frozen):
    """Targeted adversarial poisoning."""

    epochs: Count = 40
    """Of the surrogate's training on the clean images, in place of `surrogate.steps`."""
    steps: Count = 250
    """Of targeted PGD."""
    step_size: StepSize | None = None
    """In 1/255; null is 2ρu/steps, 0.064·(ρu/8) at the defaults."""
    restarts: Count = 3
    """Random starts; each image keeps the best. The published number is unknown."""


class ShortcutSpec(Frozen):
    """Linearly separable patches."""

    separation: Annotated[Number, Field(gt=0, le=1000)] = 10.0
    """How far a class's centre lies from zero in each of its dimensions; the standard deviation of
    its samples is about √(dimensions/3)."""
    norm: Annotated[Number, Field(ge=1, le=32)] = 6.0
    """L2 norm of a noise over √(values of an image), in 1/255."""


class NTGASpec(Frozen):
    """Neural-tangent generalization attack."""

    predictor: Literal["fnn", "cnn"] = "fnn"
    """5 dense layers with erf; or 2 convolutions 5×5 of stride 2 with erf. A dense layer on top."""
    time: Annotated[Number, Field(gt=0)] = 64.0
    """t of the gradient flow that the predictor is trained by. Best published on CIFAR-10: fnn
    4096, cnn 8."""
    block: Annotated[Count, Field(ge=2)] = 512
    """Most images attacked together."""
    steps: Count = 10
    """Of signed ascent."""
    step_size: StepSize | None = None
    """In 1/255; null is 1.1·ρu/steps."""
