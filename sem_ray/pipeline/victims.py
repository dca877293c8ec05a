"""(protected) images → a victim's accuracy, kept in the store by identity."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from sem_ray.data import Dataset, ImageSet
from sem_ray.files import Damaged, reason_of, write_json
from sem_ray.pipeline.backend import Backend
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import CLEAN, victim_identity
from sem_ray.store import Store
from sem_ray.victims import Victim

KIND = "victim"


def victim_for(
    spec: ExperimentSpec,
    radius: float,
    train: ImageSet,
    data: Dataset,
    store: Store,
    *,
    noise: str,
    backend: Backend,
    sink: ProgressSink = silent,
) -> Victim:
    """The victim of `radius` (1/255) trained on `train`, made now or found finished.

    `train` is `data.train` under the noise whose identity is `noise`. Trials that share a noise
    share its victims, and every trial shares those on clean images. Raises `BeingMade` if another
    process makes it and the store's user does not wait.
    """
    test = data.require_test()
    identity = victim_identity(spec, data.train.fingerprint, test.fingerprint, noise, radius)
    if (found := store.find(KIND, identity, read_victim)) is not None:
        return read_victim(found)
    with store.making(KIND, identity):
        found = store.reuse(KIND, identity, read_victim)
        if found is None:
            told = naming(sink, "clean" if noise == CLEAN else "protected")
            with store.resuming(KIND, identity) as checkpoint:
                victim = backend.train_victim(
                    spec, radius, train, test, sink=told, checkpoint=checkpoint
                )
                with store.writing(KIND, identity) as folder:
                    write_json(folder / "victim.json", asdict(victim))
            found = store.folder(KIND, identity)
    return read_victim(found)


def naming(sink: ProgressSink, images: str) -> ProgressSink:
    """Reports that say which images a victim of this radius is trained on."""

    def naming(progress: Progress) -> None:
        sink(replace(progress, stage=f"{progress.stage} {images}"))

    return naming


def read_victim(folder: Path) -> Victim:
    """The victim in a folder of the store. Raises `Damaged` if the file is not what was written."""
    file = folder / "victim.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        curve = tuple((int(step), float(accuracy)) for step, accuracy in content.pop("curve"))
        return Victim(curve=curve, **content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{file} is damaged: {reason_of(error)}") from error
