"""The record of a study: one Optuna journal per name, and beside it the study that made it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState, create_trial
from typing_extensions import override

from sem_ray.errors import BadInput, WorkFailed
from sem_ray.files import write_json, writing_to
from sem_ray.locks import Locked, is_locked, locked
from sem_ray.spec.validation import did_you_mean
from sem_ray.store import REMEDY, Store
from sem_ray.studies.definition.study_spec import StudySpec, checked
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.agreement import differences, refuse_incomparable
from sem_ray.studies.journal.configurations import Configurations
from sem_ray.studies.journal.trial_report import Failed

FOLDER = "studies"
SPEC_FILE = "study.json"
JOURNAL_FILE = "journal.log"
LOCK_FILE = "sweep.lock"
EARLIER = "earlier"
"""Of a study's file: spaces that it searched before, and how many trials it had then."""
HALF_PROPOSED = "the sweep was cut off before it had all its settings"
SKIPPED = "skipped"
"""The attribute of a study that lists the trials which are left out."""
LOCK_PATIENCE = 1.0
"""Seconds a sweep waits for the lock, which `is_running` holds for an instant."""

optuna.logging.set_verbosity(optuna.logging.ERROR)


@dataclass(frozen=True)
class StudyRecord:
    """A study that exists: what it searches, its journal, and a key that no other study has, not
    even one of the same name in another store."""

    spec: StudySpec
    key: str
    folder: Path
    study: optuna.Study

    def configurations(self) -> Configurations:
        """All trials by configuration, as they stand now."""
        trials = self.study.get_trials(deepcopy=False)
        skipped = {attributes.configuration_of(trials[number]) for number in self.skipped}
        return Configurations(self.spec, trials, skipped)

    @property
    def skipped(self) -> tuple[int, ...]:
        """Numbers of the trials that are left out, and their configurations with them."""
        return tuple(self.study.user_attrs.get(SKIPPED, ()))

    def skip(self, trials: Iterable[int]) -> None:
        """Leave these trials out from now on."""
        self.study.set_user_attr(SKIPPED, sorted({*self.skipped, *trials}))

    def begin(self, values: Mapping[str, Any], facts: Mapping[str, Any]) -> optuna.Trial:
        """A new trial that runs, with these searched values and attributes: one line of the
        journal, so that a sweep killed here or later finds it whole."""
        known = {p: d.optuna() for p, d in self.spec.search.items() if p in values}
        template = create_trial(
            state=TrialState.RUNNING,
            params={path: values[path] for path in known},
            distributions=known,
            user_attrs=dict(facts),
        )
        storage = self.study._storage
        # `Study.add_trial` does the same, and does not say which trial it made.
        return optuna.Trial(self.study, storage.create_new_trial(self.study._study_id, template))

    def trial(self, number: int) -> optuna.Trial:
        """A trial that exists, to go on with."""
        storage = self.study._storage
        found = storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)
        return optuna.Trial(self.study, found)

    def frozen(self, trial: optuna.Trial) -> FrozenTrial:
        """How a trial stands, without a look at the others."""
        return self.study._storage.get_trial(trial._trial_id)


class SystemLock(JournalFileOpenLock):
    """Freed by the operating system when its holder is killed; Optuna's own locks stay behind for
    half a minute."""

    def __init__(self, file: Path) -> None:
        super().__init__(str(file))
        self._file = file
        self._held = ExitStack()

    @override
    def acquire(self) -> bool:
        held = ExitStack()
        held.enter_context(locked(self._file))
        self._held = held
        return True

    @override
    def release(self) -> None:
        # Once it is free another thread puts its own here.
        held, self._held = self._held, ExitStack()
        held.close()


def study_folder(store: Store, name: str) -> Path:
    return store.root / FOLDER / name


def studies(store: Store) -> list[str]:
    """Names of the studies in the store."""
    return sorted(file.parent.name for file in (store.root / FOLDER).glob(f"*/{SPEC_FILE}"))


def open_study(store: Store, spec: StudySpec) -> StudyRecord:
    """The study of this name; it is made if it is missing. Raises `BadInput` if the one that
    exists searches something else."""
    folder = study_folder(store, spec.name)
    spec = spec.resolved()
    with writing_to(folder, REMEDY):
        folder.mkdir(parents=True, exist_ok=True)
        _drop_torn_line(folder / JOURNAL_FILE)
        content = {**_agreed(folder, spec), "study": spec.model_dump(mode="json")}
        write_json(folder / SPEC_FILE, content)
        record = StudyRecord(spec, content["key"], folder, _optuna_study(folder, spec))
        _fail_half_proposed(record)
    _refuse_other_seeds(record)
    return record


def load_study(store: Store, name: str) -> StudyRecord:
    """The study of this name, to read. Raises `BadInput` with the nearest names."""
    folder = study_folder(store, name)
    if name not in studies(store):
        raise BadInput(f"no study {name!r} in {store.root}{_nearest(store, name)}")
    key, spec = _saved(folder)
    return StudyRecord(spec, key, folder, _optuna_study(folder, spec, to_write=False))


@contextmanager
def sweeping(store: Store, name: str) -> Iterator[None]:
    """Hold the study against a second sweep. Raises `BadInput` if one is running."""
    folder = study_folder(store, name)
    with ExitStack() as held:
        try:
            with writing_to(folder, REMEDY):
                held.enter_context(locked(folder / LOCK_FILE, patience=LOCK_PATIENCE))
        except Locked as error:
            raise BadInput(
                f"a sweep of study {name} is already running in {store.root}; wait for it, "
                "or give this one another name"
            ) from error
        yield


def is_running(store: Store, name: str) -> bool:
    """Whether a living sweep holds the study."""
    return is_locked(study_folder(store, name) / LOCK_FILE)


def _optuna_study(folder: Path, spec: StudySpec, *, to_write: bool = True) -> optuna.Study:
    """The study in the journal. One that is not there yet is made, in memory if only to be read."""
    journal = folder / JOURNAL_FILE
    lock = SystemLock(journal.with_suffix(".lock"))
    try:
        storage = JournalStorage(JournalFileBackend(str(journal), lock_obj=lock))
        if spec.name in optuna.get_all_study_names(storage):
            # `create_study` would add a line to the journal each time it is read.
            return optuna.load_study(study_name=spec.name, storage=storage)
        return optuna.create_study(
            storage=storage if to_write else None,
            study_name=spec.name,
            directions=spec.directions,
            load_if_exists=True,
        )
    except ValueError as error:
        raise WorkFailed(
            f"the record {journal} is damaged ({error}); restore it, or move {folder} away and "
            "sweep again: what the trials made is still in the store"
        ) from error


def _drop_torn_line(journal: Path) -> None:
    """A writer killed in the middle of a line leaves one that would spoil the next."""
    if not journal.exists():
        return
    with journal.open("rb+") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
            os.fsync(file.fileno())


def require_same_study(store: Store, spec: StudySpec) -> None:
    """Raise `BadInput` if the store has finished trials of another study of this name; nothing is
    written."""
    folder = study_folder(store, spec.name)
    if (folder / SPEC_FILE).exists():
        _keeps_trials(folder, spec.resolved())


def _agreed(folder: Path, spec: StudySpec) -> dict[str, Any]:
    """The key of the study, and the spaces that it searched before the present one. Raises
    `BadInput` if its trials could not be compared with those of `spec`."""
    file = folder / SPEC_FILE
    if not file.exists():
        return {"key": secrets.token_hex(8)}
    if not _keeps_trials(folder, spec):
        (folder / JOURNAL_FILE).unlink(missing_ok=True)
        return {"key": secrets.token_hex(8)}
    key, saved = _saved(folder)
    earlier = json.loads(file.read_text(encoding="utf-8")).get(EARLIER, [])
    if differences(saved, spec):
        search = saved.model_dump(mode="json", include={"search"})["search"]
        earlier.append({"trials": len(_optuna_study(folder, saved).trials), "search": search})
    return {"key": key, **({EARLIER: earlier} if earlier else {})}


def _keeps_trials(folder: Path, spec: StudySpec) -> bool:
    """Whether `spec` goes on with the trials in `folder`, and does not take their place: a study
    whose trials only failed, for a mistake in it, may be corrected under its own name. Raises
    `BadInput` if finished trials would be lost."""
    _, saved = _saved(folder)
    if not differences(saved, spec):
        return True
    trials = _optuna_study(folder, saved).get_trials(deepcopy=False)
    if not any(trial.state == TrialState.COMPLETE for trial in trials):
        return False
    refuse_incomparable(saved, spec, trials, folder)
    return True


def _fail_half_proposed(record: StudyRecord) -> None:
    """Earlier versions wrote a trial's values one by one; one cut off in between has no experiment,
    and others take its place."""
    running = record.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    for trial in running:
        if attributes.SPEC not in trial.user_attrs:
            attributes.note_failure(record.trial(trial.number), Failed(error=HALF_PROPOSED))
            record.study.tell(trial.number, state=TrialState.FAIL)


def _refuse_other_seeds(record: StudyRecord) -> None:
    """A replicate has one seed: runs with another one would be counted twice."""
    spec = record.spec
    for configuration in record.configurations() if spec.replicates else ():
        first = spec.experiment(configuration.values).seed
        for number, run in configuration.runs.items():
            if run.seed != (seed := spec.runs_each.seed(number, first)):
                raise BadInput(
                    f"study {spec.name} exists in {record.folder}, and its run {number + 1} of "
                    f"each configuration has seed {run.seed}, not {seed}; keep the seeds it has "
                    "and add further ones behind them, or give this one another name"
                )


def _saved(folder: Path) -> tuple[str, StudySpec]:
    file = folder / SPEC_FILE
    content = json.loads(file.read_text(encoding="utf-8"))
    return content["key"], checked(content["study"], str(file))


def _nearest(store: Store, name: str) -> str:
    known = studies(store)
    if not known:
        return "; it holds none yet: run `sem-ray sweep FILE` first"
    return f"{did_you_mean(name, known)}; known: {', '.join(known)}"
