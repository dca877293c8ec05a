"""Trials as Ray Tune runs them: each in a worker of its own, or on actors of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ray import tune
from ray.exceptions import RayError
from ray.tune.error import TuneError

from sem_ray.cluster.device_choice import DeviceChoice, DeviceWish
from sem_ray.cluster.gpu_kinds import Nodes, totals
from sem_ray.cluster.placement import live_nodes, trial_bundles
from sem_ray.cluster.ray_session import OBJECT_STORE, object_store, ray_session
from sem_ray.errors import WorkFailed
from sem_ray.studies.events import DevicesChosen, OnDevices, ignore
from sem_ray.studies.journal.trial_report import one_line
from sem_ray.studies.run.rung_answers import RungAnswers
from sem_ray.studies.run.trial import GPUS, TrialSetting, run_trial
from sem_ray.studies.run.trial_queue import TrialQueue
from sem_ray.studies.run.tune.searcher import LossNotes, StudySearcher
from sem_ray.studies.run.tune.trial_places import TrialPlaces

RAY_FOLDER = "ray"
"""Tune's scratch inside the study's folder; it is no record, and goes when the sweep ends."""

Trainable = Callable[[dict[str, Any]], None]
"""What Tune runs in a worker, with a trial's config."""

IMAGES = 500_000_000
"""Bytes of images that trials on actors are given shared memory for; more goes through the disk."""


@dataclass(frozen=True)
class TuneBackend:
    """Ray Tune on the cluster that is there, or on a Ray of our own on this machine. `wish` says
    what a trial takes of it; the resources of `run`'s setting are replaced by what it gets."""

    wish: DeviceWish = field(default_factory=DeviceWish)
    on_devices: OnDevices = ignore

    def run(self, queue: TrialQueue, setting: TrialSetting) -> None:
        """Run the trials that `queue` gives until it is over."""
        memory = object_store(IMAGES) if self.wish.actors else OBJECT_STORE
        with ray_session(memory=memory), _scratch(queue.folder / RAY_FOLDER):
            nodes = live_nodes()
            choice = self.wish.on(nodes)
            self.on_devices(_chosen(choice, nodes))
            setting = replace(setting, resources=choice.resources, held=choice.packs)
            answers = RungAnswers() if setting.rungs is not None else None
            searcher = StudySearcher(queue, TrialPlaces(choice, nodes, self.on_devices), answers)
            tuner = _tuner(
                searcher,
                partial(run_trial, setting=setting, answers=answers),
                setting,
                queue.folder,
            )
            try:
                tuner.fit()
            except (TuneError, RayError, OSError, ValueError) as error:
                # A disk that takes no more fails the journal first, and then Tune's own scratch.
                if queue.failure is not None:
                    raise queue.failure from error
                raise WorkFailed(f"Ray Tune stopped: {one_line(error)[:200]}") from error


def _chosen(choice: DeviceChoice, nodes: Nodes) -> DevicesChosen:
    total = totals(nodes)
    return DevicesChosen(choice.notice, choice.at_once, total["CPU"], total["GPU"])


def _tuner(
    searcher: StudySearcher, trial: Trainable, setting: TrialSetting, folder: Path
) -> tune.Tuner:
    place = partial(_place, setting=setting)
    return tune.Tuner(
        tune.with_resources(trial, place),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=LossNotes(searcher),
            num_samples=-1,
            reuse_actors=True,
            trial_dirname_creator=lambda trial: str(trial.trial_id),
        ),
        run_config=tune.RunConfig(name=RAY_FOLDER, storage_path=str(folder), verbose=0),
    )


def _place(config: dict[str, Any], setting: TrialSetting) -> tune.PlacementGroupFactory:
    """What Tune reserves for the trial of `config`, as a whole."""
    resources = setting.with_gpus(config[GPUS]).resources
    strategy = resources.actors.strategy if resources.actors else "PACK"
    return tune.PlacementGroupFactory(trial_bundles(resources), strategy=strategy)


@contextmanager
def _scratch(folder: Path) -> Iterator[None]:
    """Tune's folder, empty at first and gone at last."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
