"""images → a trained surrogate, kept in the store by identity, from which several noises come.

What a method does after its surrogate is trained does not change the training (`Method.late`). So
noises that differ in that only, as in the steps of the final pass, begin from one state, to the
same bits as if each had trained its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from sem_ray.checkpoint import Checkpoint, Tensors, read, write
from sem_ray.data import ImageSet
from sem_ray.methods import split_of, surrogate_identity
from sem_ray.methods.generation import GenerationSchedule
from sem_ray.pipeline.pausing import Run, Saved, paused_at
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.training.trainer import MOMENTUM

KIND = "surrogate"
STATE = "state.safetensors"


def begin_trained(
    spec: ExperimentSpec, images: ImageSet, store: Store, checkpoint: Checkpoint, run: Run
) -> None:
    """Bring the checkpoint of a noise's making to the end of the surrogate's training, which other
    noises may share. Does nothing if the method shares none, or the making has begun by itself.

    run: makes the noise from a checkpoint on. Raises `BeingMade` as `Store.making` does.
    """
    identity = surrogate_identity(spec, images.fingerprint)
    if identity is not None and checkpoint.load() is None:
        end = GenerationSchedule.of(spec, split_of(spec, len(images))).stages[0].units
        checkpoint.save(*_trained(identity, end, store, run))


def _trained(identity: str, end: int, store: Store, run: Run) -> Saved:
    """The state after the `end` steps of the training, made now or found finished."""
    folder = store.find(KIND, identity, check_state)
    if folder is None:
        with store.making(KIND, identity):
            folder = store.reuse(KIND, identity, check_state) or _made(identity, end, store, run)
    return read(folder / STATE)


def _made(identity: str, end: int, store: Store, run: Run) -> Path:
    with store.resuming(KIND, identity) as training:
        tensors, facts = paused_at(end, training, run)
        with store.writing(KIND, identity) as folder:
            write(folder / STATE, without_momentum(tensors), facts)
    return store.folder(KIND, identity)


def without_momentum(tensors: Mapping[str, Tensor]) -> Tensors:
    """Half of the state: no step of training follows."""
    return {name: value for name, value in tensors.items() if not name.startswith(MOMENTUM)}


def check_state(folder: Path) -> None:
    """Raise `Damaged` if a state without digests is not sound."""
    read(folder / STATE)
