"""How fast a device is: stages cut down to seconds, on images of chance, timed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from sem_ray.data import ImageSet
from sem_ray.methods.generation import generate
from sem_ray.pipeline.pass_counts import generation_passes
from sem_ray.rng import numpy_generator
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged
from sem_ray.studies.plan.work import StageWork
from sem_ray.victims import train_victim, victim_passes

ENOUGH = 2.0
"""Seconds: if the whole settings are sure to take less, they are timed, and not the least ones."""
SMALL_BATCH = 16
TEST_IMAGES = 4


def seconds_a_pass(stage: StageWork, device: torch.device, threads: int) -> float:
    """Seconds of a pass over one image in work of this kind, measured in a few seconds here.

    Least settings first: a batch of 16 and one step of everything, once to warm up and once timed.
    If a step of the spec's own settings will take little as well, that is timed instead. Compiled
    passes are timed as they are without, because compiling takes minutes.
    """
    with _threads(threads):
        least = _cut(stage.spec, whole=False)
        _timed(stage, least, device)
        seconds, passes = _timed(stage, least, device)
        whole = _cut(stage.spec, whole=True)
        if seconds / passes * _image_passes(stage, whole) < ENOUGH:
            seconds, passes = _timed(stage, whole, device)
        return seconds / passes


def _timed(stage: StageWork, spec: ExperimentSpec, device: torch.device) -> tuple[float, float]:
    """Seconds and image passes of one short run."""
    images = _images(stage, _rows(stage, spec))
    passes = _image_passes(stage, spec)
    if stage.kind.role == "generation":
        return generate(spec, images, device=device).seconds, passes
    test = _images(stage, TEST_IMAGES)
    radius = max(spec.victim.radii)
    return train_victim(spec, radius, images, test, device=device).seconds, passes


def _image_passes(stage: StageWork, spec: ExperimentSpec) -> float:
    rows = _rows(stage, spec)
    if stage.kind.role == "generation":
        return rows * max(generation_passes(spec, rows).total, 1.0)
    return rows * victim_passes(spec, max(spec.victim.radii), rows)


def _rows(stage: StageWork, spec: ExperimentSpec) -> int:
    """Images of a run: one batch; of a method that works in blocks, one block."""
    if spec.noise.method == "ntga" and stage.kind.role == "generation":
        return min(stage.extent.images, spec.noise.ntga.block)
    training = spec.surrogate if stage.kind.role == "generation" else spec.victim
    return min(stage.extent.images, training.batch)


def _cut(spec: ExperimentSpec, *, whole: bool) -> ExperimentSpec:
    """One step of everything that is repeated; if `whole`, of the spec's own batch, K, J and
    attack."""
    one = {"steps": 1}
    once: dict[str, Any] = {
        "noise": {
            "final_steps": 1,
            "ntga": one,
            "tap": {**one, "epochs": 1, "restarts": 1},
            "em": {**one, "loops": 1, "train_steps": 1, "stop_error": 0},
        },
        "surrogate": one,
        "victim": {**one, "evaluations": 1},
        "compiled": False,
    }
    least = {
        "noise": {**one, "samples": 1},
        "surrogate": {"attack_steps": 1, "batch": min(spec.surrogate.batch, SMALL_BATCH)},
        "victim": {"attack_steps": 1, "batch": min(spec.victim.batch, SMALL_BATCH)},
        "shards": 1,
    }
    changes = merged(once, {} if whole else least)
    return ExperimentSpec.model_validate(merged(spec.model_dump(), changes))


def _images(stage: StageWork, count: int) -> ImageSet:
    """`count` images of uniform values, of the stage's shape and with all of its classes."""
    generator, classes = numpy_generator(0, "probe", count), stage.extent.classes
    values = generator.integers(0, 256, (count, *stage.extent.shape), dtype="uint8")
    return ImageSet(
        name="probe",
        images=torch.from_numpy(values),
        labels=torch.arange(count) % classes,
        classes=tuple(map(str, range(classes))),
        ids=tuple(map(str, range(count))),
    )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """PyTorch with as many threads as a trial will have."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
