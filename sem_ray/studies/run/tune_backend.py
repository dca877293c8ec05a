"""Trials as Ray Tune runs them: each in a worker of its own, or on actors of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ray import tune
from ray.exceptions import RayError
from ray.tune.error import TuneError

from sem_ray.cluster.placement import live_nodes, refuse_what_never_fits, trial_bundles
from sem_ray.cluster.ray_session import OBJECT_STORE, object_store, ray_session
from sem_ray.errors import WorkFailed
from sem_ray.studies.dry_run import TRIAL
from sem_ray.studies.journal.trial_report import one_line
from sem_ray.studies.run.trial import TrialSetting, run_trial
from sem_ray.studies.run.trial_queue import TrialQueue
from sem_ray.studies.run.tune_searcher import LossNotes, StudySearcher

RAY_FOLDER = "ray"
"""Tune's scratch inside the study's folder; it is no record, and goes when the sweep ends."""

IMAGES = 500_000_000
"""Bytes of images that trials on actors are given shared memory for; more goes through the disk."""


class TuneBackend:
    """Ray Tune on the cluster that is there, or on a Ray of our own on this machine."""

    def run(self, queue: TrialQueue, setting: TrialSetting) -> None:
        """Run the trials that `queue` gives until it is over."""
        wanted = setting.resources
        memory = object_store(IMAGES) if wanted.actors else OBJECT_STORE
        with ray_session(memory=memory), _scratch(queue.folder / RAY_FOLDER):
            room = refuse_what_never_fits(trial_bundles(wanted), live_nodes(), TRIAL)
            tuner = _tuner(StudySearcher(queue, room), setting, queue.folder)
            try:
                tuner.fit()
            except (TuneError, RayError, OSError, ValueError) as error:
                # A disk that takes no more fails the journal first, and then Tune's own scratch.
                if queue.failure is not None:
                    raise queue.failure from error
                raise WorkFailed(f"Ray Tune stopped: {one_line(error)[:200]}") from error


def _tuner(searcher: StudySearcher, setting: TrialSetting, folder: Path) -> tune.Tuner:
    wanted = setting.resources
    strategy = wanted.actors.strategy if wanted.actors else "PACK"
    bundles = tune.PlacementGroupFactory(trial_bundles(wanted), strategy=strategy)
    return tune.Tuner(
        tune.with_resources(partial(run_trial, setting=setting), bundles),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=LossNotes(searcher),
            num_samples=-1,
            reuse_actors=True,
            trial_dirname_creator=lambda trial: str(trial.trial_id),
        ),
        run_config=tune.RunConfig(name=RAY_FOLDER, storage_path=str(folder), verbose=0),
    )


@contextmanager
def _scratch(folder: Path) -> Iterator[None]:
    """Tune's folder, empty at first and gone at last."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
