"""What a sweep is asked to do to a study's trials before it goes on with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import key_of
from sem_ray.studies.journal.storage import StudyRecord, load_study, studies
from sem_ray.studies.journal.trial_report import Failed
from sem_ray.studies.run.importing import import_trials, require_fitting

SKIPPED = "it was skipped on request"
"""The error of a cut-off trial that is left out."""


@dataclass(frozen=True)
class Amendments:
    """Changes to a study's trials. All of them stand in its journal, and outlive the sweep."""

    retry_failed: bool = False
    """Run every failed trial again, with its values and its seed."""
    skip: tuple[int, ...] = ()
    """Numbers of trials to leave out: their configurations are not run any more, neither counted
    nor ranked."""
    seeded_from: str | None = None
    """Name of a study whose finished trials are taken over, as far as they fit."""


NONE = Amendments()


def require_possible(store: Store, spec: StudySpec, wanted: Amendments) -> None:
    """Raise `BadInput` before a study is made for what only one that exists can do, or if there are
    no trials to take over."""
    name = spec.name
    if (wanted.retry_failed or wanted.skip) and name not in studies(store):
        option = "--retry-failed" if wanted.retry_failed else "--skip"
        raise BadInput(f"study {name} has no trials in {store.root} yet; leave out {option}")
    if wanted.seeded_from == name:
        raise BadInput(f"study {name} has its own trials already; name another one with --from")
    if wanted.seeded_from is not None:
        require_fitting(load_study(store, wanted.seeded_from), spec)


def amend(store: Store, record: StudyRecord, wanted: Amendments) -> int:
    """Do what is wanted; how many trials were taken over from another study. Raises `BadInput` for
    a trial that cannot be skipped."""
    skip(record, wanted.skip)
    if wanted.retry_failed:
        retry_failed(record)
    if wanted.seeded_from is None:
        return 0
    return import_trials(load_study(store, wanted.seeded_from), record)


def skip(record: StudyRecord, numbers: Sequence[int]) -> None:
    """Leave trials out from now on; those that were cut off count as failed."""
    trials = record.study.get_trials(deepcopy=False)
    for number in numbers:
        _require_unfinished(record, trials, number)
    if numbers:
        record.skip(numbers)
    for number in numbers:
        if trials[number].state == TrialState.RUNNING:
            attributes.note_failure(record.trial(number), Failed(error=SKIPPED))
            record.study.tell(number, state=TrialState.FAIL)


def _require_unfinished(record: StudyRecord, trials: Sequence[FrozenTrial], number: int) -> None:
    name = record.spec.name
    if not 0 <= number < len(trials):
        known = f"they are 0 to {len(trials) - 1}" if trials else "it has none"
        raise BadInput(f"study {name} has no trial {number} to skip; {known}")
    configuration, replicate = key_of(trials[number])
    finished = replicate in record.configurations()[configuration].runs
    if finished or trials[number].state == TrialState.PRUNED:
        raise BadInput(f"trial {number} of study {name} is finished, and its result stays")


def retry_failed(record: StudyRecord) -> tuple[int, ...]:
    """Begin every failed trial that nothing made up for again, as a trial of its own, which the
    sweep then finds; their numbers. What a configuration lacks beside its first run is run again
    without being asked for."""
    found = [one for one in record.configurations() if one.failed and not one.skipped]
    return tuple(_begin_again(record, one.first) for one in found)


def _begin_again(record: StudyRecord, failed: FrozenTrial) -> int:
    configuration, replicate = key_of(failed)
    facts = {
        **attributes.of_start(None, configuration, replicate),
        attributes.RETRY_OF: failed.number,
    }
    if attributes.SPEC in failed.user_attrs:
        facts[attributes.SPEC] = failed.user_attrs[attributes.SPEC]
    return record.begin(failed.params, facts).number
