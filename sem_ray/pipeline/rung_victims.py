"""A victim that is still being trained: its accuracy at a step, tested then and there.

The test changes neither the network nor the curve of the victim that goes on, so the victim at the
end is the same with rungs as without them.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from sem_ray.checkpoint import Checkpoint
from sem_ray.data import Dataset, ImageSet
from sem_ray.files import write_json
from sem_ray.pipeline.backend import Backend
from sem_ray.pipeline.pausing import Saved, on_the_way, paused_at
from sem_ray.pipeline.victims import KIND as VICTIM
from sem_ray.pipeline.victims import naming, read_victim
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import identity, victim_identity
from sem_ray.store import Store
from sem_ray.victims import Victim
from sem_ray.victims.train import PROBES

KIND = "rung-victim"
VERSION = 1
"""Raise when the same spec would give another accuracy at a rung, but the same in the end."""


def rung_victim_for(
    spec: ExperimentSpec,
    radius: float,
    train: ImageSet,
    data: Dataset,
    store: Store,
    step: int,
    *,
    noise: str,
    backend: Backend,
    sink: ProgressSink = silent,
) -> Victim:
    """The victim of `radius` (1/255) trained on `train` up to `step`, with one point of its curve,
    which is there; made now or found finished. The training's checkpoint is left at `step`.

    `train` is `data.train` under the noise whose identity is `noise`.
    """
    test = data.require_test()
    whole = victim_identity(spec, data.train.fingerprint, test.fingerprint, noise, radius)
    name = identity(KIND, VERSION, {"victim": whole, "step": step})
    run = partial(_run, spec, radius, train, test, step, backend, naming(sink, "protected"))
    with store.making(KIND, name):
        if (found := store.reuse(KIND, name, read_victim)) is None:
            with store.resuming(KIND, name) as checkpoint:
                saved = _probed(on_the_way(store, VICTIM, whole, step, run), step)
                victim = _at(radius, step, saved or paused_at(step, checkpoint, run))
                with store.writing(KIND, name) as folder:
                    write_json(folder / "victim.json", asdict(victim))
            found = store.folder(KIND, name)
    return read_victim(found)


def _run(
    spec: ExperimentSpec,
    radius: float,
    train: ImageSet,
    test: ImageSet,
    step: int,
    backend: Backend,
    sink: ProgressSink,
    checkpoint: Checkpoint,
) -> Victim:
    return backend.train_victim(
        spec, radius, train, test, sink=sink, checkpoint=checkpoint, probes=(step,)
    )


def _probed(saved: Saved | None, step: int) -> Saved | None:
    """`saved`, unless the run was not tested at `step`: one that was cut off just there."""
    if saved is None or step not in dict(saved[1].get(PROBES, ())):
        return None
    return saved


def _at(radius: float, step: int, saved: Saved) -> Victim:
    _, facts = saved
    reached = float(dict(facts[PROBES])[step])
    return Victim(radius, ((step, reached),), float(facts["loss"]), float(facts["seconds"]))
