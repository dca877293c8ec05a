"""A stage's run held at a step, to look at how it stands there, and going on later."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sem_ray.checkpoint import Checkpoint, Facts, Paused, Tensors
from sem_ray.store import BeingMade, Store

Saved = tuple[Tensors, Facts]
"""What a checkpoint holds."""
Run = Callable[[Checkpoint], object]
"""Runs a stage from a checkpoint on."""


def paused_at(step: int, checkpoint: Checkpoint, run: Run) -> Saved:
    """Run from `checkpoint` to `step`, where the checkpoint is left; what it holds then."""
    checkpoint.pause_at = step
    try:
        run(checkpoint)
    except Paused:
        pass
    finally:
        checkpoint.pause_at = None
    saved = checkpoint.load()
    if saved is None:
        raise RuntimeError(f"the run did not pause at step {step}")
    return saved


def on_the_way(store: Store, kind: str, identity: str, step: int, run: Run) -> Saved | None:
    """How the making of an artifact stands at `step`. Its checkpoint is left there, so that the
    steps so far are not done again when it goes on. None if it has gone beyond that step already:
    then nothing says any more how it stood there."""
    with store.making(kind, identity):
        if store.folder(kind, identity).is_dir():
            return None
        with store.pausing(kind, identity) as checkpoint:
            saved = checkpoint.load()
            if saved is not None and int(saved[1]["done"]) > step:
                return None
            return paused_at(step, checkpoint, run)


def abandon(store: Store, kind: str, identity: str) -> None:
    """Remove the checkpoint of an artifact that nobody will finish. If another process is making
    the artifact, a store whose user does not wait leaves it there."""
    with (
        suppress(BeingMade),
        store.making(kind, identity),
        store.pausing(kind, identity) as checkpoint,
    ):
        checkpoint.remove()
