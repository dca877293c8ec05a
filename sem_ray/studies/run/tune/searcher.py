"""Ray Tune's view of a sweep's trials: a searcher that gives what the queue gives.

Tune keeps nothing that matters: what is left to do stands in the study's journal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher
from typing_extensions import override

from sem_ray.progress import Progress
from sem_ray.studies.journal.trial_report import RungReport, TrialReport
from sem_ray.studies.run.failure_reasons import lost
from sem_ray.studies.run.rung_answers import RungAnswers
from sem_ray.studies.run.trial import GPUS, PROGRESS, REPORT, RUNG, RUNGS, SPEC, TRIAL
from sem_ray.studies.run.trial_queue import TrialQueue
from sem_ray.studies.run.tune.trial_places import TrialPlaces

REPORTS: TypeAdapter[TrialReport] = TypeAdapter(TrialReport)


class StudySearcher(Searcher):  # type: ignore[misc]  # Ray has no types
    """Asks the queue for trials as long as `places` have room, and tells it how they end."""

    def __init__(
        self, queue: TrialQueue, places: TrialPlaces, answers: RungAnswers | None = None
    ) -> None:
        super().__init__()
        self._queue, self._places, self._answers = queue, places, answers
        self._trials: dict[str, int] = {}
        """Tune's name of a running trial → its number in the study."""
        self._reports: dict[str, TrialReport] = {}
        self._last_words: dict[str, str] = {}

    @override
    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """A trial's config, None for "ask again later", or FINISHED."""
        if not self._places.have_room:
            return None
        request = self._queue.next()
        if request is None:
            return str(Searcher.FINISHED) if self._queue.over else None
        self._trials[trial_id] = request.trial
        gpus = self._places.take(request.trial).gpus
        return {
            TRIAL: request.trial,
            SPEC: request.spec.model_dump_json(),
            GPUS: gpus,
            RUNGS: request.rungs,
        }

    @override
    def on_trial_result(self, trial_id: str, result: Mapping[str, Any]) -> None:
        if REPORT in result:
            self._reports[trial_id] = REPORTS.validate_python(json.loads(result[REPORT]))
        if RUNG in result and trial_id in self._trials and self._answers is not None:
            trial = self._trials[trial_id]
            rung = RungReport.model_validate_json(result[RUNG])
            self._answers.put(trial, rung.rung, self._queue.rung(trial, rung))
        if PROGRESS in result and trial_id in self._trials:
            progress = Progress.read(json.loads(result[PROGRESS]))
            self._queue.progress(self._trials[trial_id], progress)

    def note_loss(self, trial_id: str, text: str) -> None:
        """What Ray says of a trial whose worker is lost; its end is told after it."""
        self._last_words[trial_id] = text

    @override
    def on_trial_complete(
        self, trial_id: str, result: Mapping[str, Any] | None = None, error: bool = False
    ) -> None:
        number = self._trials.pop(trial_id, None)
        words = self._last_words.pop(trial_id, "")
        if number is not None:
            report = self._reports.pop(trial_id, None) or lost(words)
            self._places.free(number, report)
            self._queue.end(number, report)

    @override
    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal has it."""

    @override
    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the journal has it."""

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune pickles its searcher for a restore that is never asked for."""
        return {}


class LossNotes(FIFOScheduler):  # type: ignore[misc]  # Ray has no types
    """Tells the searcher why Ray ended a trial: Tune itself tells it only that it ended."""

    def __init__(self, searcher: StudySearcher) -> None:
        super().__init__()
        self._searcher = searcher

    @override
    def on_trial_error(self, tune_controller: Any, trial: Any) -> None:
        """Comes before the searcher hears of the end."""
        file = Path(trial.error_file) if trial.error_file else None
        words = file.read_text(errors="replace") if file and file.exists() else ""
        self._searcher.note_loss(trial.trial_id, words)
        super().on_trial_error(tune_controller, trial)
