"""Settings that are allowed and make the work take longer than it must on the device at hand."""

from __future__ import annotations

import torch

from sem_ray.api.run_options import Actors
from sem_ray.devices import bfloat16_pays, folds, settled
from sem_ray.distributed.shards import Split
from sem_ray.methods import method_of, split_of
from sem_ray.spec import ExperimentSpec
from sem_ray.victims import split_of as victim_split

SMALL_PART = 8
"""Images of a shard in a batch below which a CPU's passes over parts take notably longer than one
pass over the batch: 16 images in 8 shards a third longer, in parts of 16 nothing."""
GOOD_PART = 16


TRAINING_UNITS = ("steps", "units")
"""Units of stages that train a network, batch by batch."""


def generation_costs(
    asked: ExperimentSpec, rows: int, device: torch.device, actors: Actors | None
) -> tuple[str, ...]:
    """What to say before hours are spent on the noise of `rows` images."""
    found = precision_notices(asked, device)
    split = split_of(asked, rows)
    stages = method_of(asked).stages(asked, split)
    if not any(stage.unit in TRAINING_UNITS for stage in stages):
        return found
    return (*found, *_shards(asked, split, "surrogate", device, actors))


def victim_costs(
    asked: ExperimentSpec, rows: int, device: torch.device, actors: Actors | None
) -> tuple[str, ...]:
    """The same for victims of `rows` images."""
    shards = _shards(asked, victim_split(asked, rows), "victim", device, actors)
    return (*precision_notices(asked, device), *shards)


def precision_notices(asked: ExperimentSpec, device: torch.device) -> tuple[str, ...]:
    """What precision `auto` is, and that bfloat16 is slow if `device` lacks arithmetic for it."""
    if asked.precision == "auto":
        return (f"precision auto is {settled(asked, device).precision} on this machine",)
    if asked.precision == "bfloat16" and not bfloat16_pays(device):
        return (
            f"precision bfloat16: this {_kind(device)} has no arithmetic for it and takes many "
            "times longer than in float32; set precision=float32, or auto",
        )
    return ()


def _kind(device: torch.device) -> str:
    return "GPU" if device.type == "cuda" else "processor"


def _shards(
    asked: ExperimentSpec, split: Split, role: str, device: torch.device, actors: Actors | None
) -> tuple[str, ...]:
    part = split.batch // split.count
    if folds(device, settled(asked, device).precision) or part >= SMALL_PART:
        return ()
    better = max(split.batch // GOOD_PART, actors.count if actors else 1)
    if better >= split.count:
        return ()
    return (
        f"a batch of {split.batch} images for the {role} in {split.count} shards is computed in "
        f"parts of {part}, which takes a CPU up to a third longer; "
        f"shards={better} takes less (and gives other noise, from other draws)",
    )
