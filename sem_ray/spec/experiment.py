"""One line of work: images → noise → protected images → victims' accuracies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from sem_ray.spec.base import INLINE, Count, Frozen, NoiseRadius, Radius
from sem_ray.spec.data import Augmentation, CropFlip, DataSpec
from sem_ray.spec.methods import (
    AlternatingSpec,
    EMSpec,
    NTGASpec,
    ParitySpec,
    ShortcutSpec,
    TAPSpec,
)
from sem_ray.spec.training import AttackSpec, TrainingSpec

Precision = Literal["auto", "bfloat16", "float32", "float64"]


class NoiseSpec(Frozen):
    """The defensive noise δu and how it is searched for: what methods share, and a group of
    settings for each (docs/methods.md).

    The group of `sem` and `rem` is written without a name: `noise.steps` is `alternating.steps`
    here. Studies, manifests and MLflow hold that path.
    """

    method: str = "sem"
    """A name from `sem_ray.methods.METHODS`."""
    radius: NoiseRadius = 8
    """ρu: the largest change of a pixel, in 1/255. `shortcut` has another bound."""
    alternating: Annotated[AlternatingSpec, INLINE] = AlternatingSpec()
    """Of `sem` and `rem`."""
    parity: ParitySpec = ParitySpec()
    """Follow the published code in what differs (docs/algorithm.md): `true` for all, or some."""
    em: EMSpec = EMSpec()
    tap: TAPSpec = TAPSpec()
    shortcut: ShortcutSpec = ShortcutSpec()
    ntga: NTGASpec = NTGASpec()

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        """Put the settings that are written without a group into theirs."""
        if not isinstance(given, Mapping):
            return given
        inline = {key: given[key] for key in given if key in AlternatingSpec.model_fields}
        rest = {key: value for key, value in given.items() if key not in inline}
        group = rest.get("alternating", AlternatingSpec())
        if not isinstance(group, AlternatingSpec):
            raise ValueError(  # noqa: TRY004  what pydantic turns into its own
                "unknown key alternating; write its settings directly under noise, as noise.steps"
            )
        return {**rest, "alternating": {**dict(group), **inline}}

    @model_serializer(mode="wrap")
    def _spread(self, inner: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As it is written: the settings of the group without a name stand beside the others."""
        tree: dict[str, Any] = {}
        for key, value in inner(self).items():
            tree |= value if key == "alternating" else {key: value}
        return tree


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
