"""A surrogate at a step of its training, kept in the store by identity: noises that share the
training share its rungs too."""

from __future__ import annotations

from sem_ray.checkpoint import read, write
from sem_ray.pipeline.pausing import Run, Saved, on_the_way, paused_at
from sem_ray.pipeline.surrogates import KIND as SURROGATE
from sem_ray.pipeline.surrogates import STATE, check_state, without_momentum
from sem_ray.spec.identity import identity
from sem_ray.store import Store

KIND = "rung-surrogate"
VERSION = 1


def surrogate_at(step: int, shared: str, store: Store, run: Run) -> Saved:
    """The state after `step` steps of the training of identity `shared`, made now or found; the
    training's checkpoint is left there. One that has gone beyond is trained anew up to it.

    run: makes a noise from a checkpoint on.
    """
    name = identity(KIND, VERSION, {"surrogate": shared, "step": step})
    with store.making(KIND, name):
        if (folder := store.reuse(KIND, name, check_state)) is None:
            with store.resuming(KIND, name) as checkpoint:
                saved = on_the_way(store, SURROGATE, shared, step, run)
                tensors, facts = saved or paused_at(step, checkpoint, run)
                with store.writing(KIND, name) as folder:
                    write(folder / STATE, without_momentum(tensors), facts)
            folder = store.folder(KIND, name)
        return read(folder / STATE)
