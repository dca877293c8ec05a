"""Noise of a surrogate that is still being trained: the final pass from the state at a step.

The training goes on as if nothing had happened. The final pass draws what it would draw at the end,
so this noise follows from the spec and the step.
"""

from __future__ import annotations

from pathlib import Path

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import ImageSet, write_noise
from sem_ray.methods import noise_identity, surrogate_identity
from sem_ray.methods.generation import Generated
from sem_ray.pipeline.backend import Backend
from sem_ray.pipeline.noise import KIND as NOISE
from sem_ray.pipeline.noise import check_noise, made_noise, space_for
from sem_ray.pipeline.pausing import Saved, on_the_way, paused_at
from sem_ray.pipeline.rung_surrogates import surrogate_at
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import identity
from sem_ray.store import Store

KIND = "rung-noise"
VERSION = 1
"""Raise when the same spec would give other noise at a rung, but the same in the end."""


def rung_noise_identity(spec: ExperimentSpec, fingerprint: str, step: int) -> str:
    """The identity of the noise at `step` of the surrogate's training."""
    content = {"noise": noise_identity(spec, fingerprint), "step": step}
    return identity(KIND, VERSION, content)


def rung_noise_for(
    spec: ExperimentSpec,
    images: ImageSet,
    store: Store,
    step: int,
    *,
    backend: Backend,
    sink: ProgressSink = silent,
) -> Path:
    """The folder of the noise at `step`, made now or found finished. The training's checkpoint is
    left at `step`."""
    name = rung_noise_identity(spec, images.fingerprint, step)
    with store.making(KIND, name):
        if (found := store.reuse(KIND, name, check_noise)) is not None:
            return found
        store.require_space(space_for(images), "the noise at a rung")
        with store.resuming(KIND, name) as checkpoint:
            rung = _Rung(spec, images, step, backend, sink)
            rung.prepare(store, checkpoint)
            generated = rung.run(checkpoint)
            with store.writing(KIND, name) as folder:
                write_noise(folder, made_noise(spec, images, name, generated))
    return store.folder(KIND, name)


class _Rung:
    """The final pass from the surrogate as it is at `step`."""

    def __init__(
        self,
        spec: ExperimentSpec,
        images: ImageSet,
        step: int,
        backend: Backend,
        sink: ProgressSink,
    ) -> None:
        self.spec, self.images, self.step = spec, images, step
        self._backend, self._sink = backend, sink

    def run(self, checkpoint: Checkpoint) -> Generated:
        return self._backend.generate(
            self.spec, self.images, sink=self._sink, checkpoint=checkpoint
        )

    def prepare(self, store: Store, checkpoint: Checkpoint) -> None:
        """Bring `checkpoint` to the beginning of the final pass, unless it is there or further."""
        end = self.spec.surrogate.steps
        saved = checkpoint.load()
        if saved is not None and int(saved[1]["done"]) >= end:
            return
        tensors, facts = self._trained(store) or paused_at(self.step, checkpoint, self.run)
        checkpoint.save(tensors, {**facts, "done": end})

    def _trained(self, store: Store) -> Saved | None:
        """The surrogate at the step; None if it has gone beyond it, and nothing was kept there."""
        shared = surrogate_identity(self.spec, self.images.fingerprint)
        if shared is not None:
            return surrogate_at(self.step, shared, store, self.run)
        name = noise_identity(self.spec, self.images.fingerprint)
        return on_the_way(store, NOISE, name, self.step, self.run)
