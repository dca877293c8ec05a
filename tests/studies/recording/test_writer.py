"""MLflow, real and on sqlite: one run a trial, whoever was killed or down in between."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from sem_ray.errors import BadInput
from sem_ray.metrics.measurement import TEST_ACCURACY, Measurement
from sem_ray.records.connection import URI_VARIABLE, TrackingFailed, tracking_uri
from sem_ray.records.names import EXPERIMENT, NOISE_TAG, SPEC_TAG, TRIAL_TAG
from sem_ray.records.names import PARENT_TAG as PARENT
from sem_ray.store import Store
from sem_ray.studies.catching_up import catch_up
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import StudyRecord, open_study, sweeping
from sem_ray.studies.journal.trial_report import Failed, Finished
from sem_ray.studies.queries import best, status
from sem_ray.studies.recording.study_runs import StudyRuns
from sem_ray.studies.recording.writer import Records
from tests.records.addresses import dead_address
from tests.studies.fakes import METRIC, begun, measured, metrics, study
from tests.studies.recording.tracked import client, runs, states


def recorded(store: Store, **changes: Any) -> StudyRecord:
    spec = study(**changes)
    return open_study(store, spec)


def started(record: StudyRecord) -> optuna.Trial:
    return begun(record)


def finished(record: StudyRecord) -> dict[str, float]:
    trial = started(record)
    spec = record.spec.experiment(trial.params)
    identity = f"n{trial.number}"
    report = Finished(measurements=measured(spec), noise_identity=identity, seconds=1.5)
    attributes.note_finish(trial, report)
    made = metrics(spec)
    record.study.tell(trial, [made[o.metric] for o in record.spec.objectives])
    return made


def failed(record: StudyRecord) -> None:
    trial = started(record)
    attributes.note_failure(trial, Failed(error="no luck", traceback="…", seconds=0.5))
    record.study.tell(trial, state=TrialState.FAIL)


def reconciled(store: Store, record: StudyRecord, *live: int, sweeping: bool = False) -> None:
    StudyRuns(store, record).reconcile(record.study.trials, live, sweeping=sweeping)


def test_a_run_shows_everything_a_trial_gave(store: Store) -> None:
    record = recorded(store, hypothesis="few steps do")
    made = finished(record)
    reconciled(store, record)
    trial, found = record.study.trials[0], runs(store)
    run, parent = found["tiny/0"], found["tiny"]
    assert run.data.metrics == {**made, "seconds": 1.5}
    assert run.data.params["noise.steps"] == str(trial.params["noise.steps"])
    assert run.data.params["victim.radii"] == "[0.0, 4.0]"
    assert run.data.params["data.source"] == "digits"
    assert run.data.tags[SPEC_TAG] == trial.user_attrs[attributes.SPEC]
    assert run.data.tags[NOISE_TAG] == "n0"
    assert run.data.tags[PARENT] == parent.info.run_id
    assert parent.data.tags["mlflow.note.content"] == "few steps do"
    assert run.info.end_time - run.info.start_time < 60_000
    assert (store.root / "mlflow.db").exists()


def test_states_follow_the_study_and_nothing_is_running_that_is_not(store: Store) -> None:
    record = recorded(store)
    finished(record)
    failed(record)
    cut_off = started(record)
    reconciled(store, record, 2, sweeping=True)
    assert states(store) == {
        "tiny": "RUNNING",
        "tiny/0": "FINISHED",
        "tiny/1": "FAILED",
        "tiny/2": "RUNNING",
    }
    reconciled(store, record)  # after a kill
    assert (states(store)["tiny"], states(store)["tiny/2"]) == ("KILLED", "KILLED")
    StudyRuns(store, record).write(record.study.trials[2], (), live=True)  # run again
    assert states(store)["tiny/2"] == "RUNNING"
    record.study.tell(cut_off, 1.0)
    reconciled(store, record)
    assert (states(store)["tiny"], states(store)["tiny/2"]) == ("FINISHED", "FINISHED")


def test_writing_again_changes_nothing(store: Store) -> None:
    record = recorded(store)
    finished(record)
    reconciled(store, record)
    before = runs(store)["tiny/0"].to_dictionary()
    for _ in range(2):
        reconciled(store, record)
        StudyRuns(store, record).write(record.study.trials[0], (), live=False)
    assert runs(store)["tiny/0"].to_dictionary() == before
    history = client(store).get_metric_history(before["info"]["run_id"], "test_accuracy_at_4")
    assert len(history) == 1


def test_from_nothing_a_doubled_run_is_put_away_and_a_deleted_one_made_again(store: Store) -> None:
    record = recorded(store)
    finished(record)
    reconciled(store, record)
    run = runs(store)["tiny/0"]
    tags = {key: run.data.tags[key] for key in (TRIAL_TAG, PARENT)}
    client(store).create_run(run.info.experiment_id, tags=tags)
    assert [one.runs for one in catch_up(store)] == [0]
    assert [one.runs for one in catch_up(store, from_nothing=True)] == [2]
    assert states(store) == {"tiny": "FINISHED", "tiny/0": "FINISHED"}
    client(store).delete_run(runs(store)["tiny/0"].info.run_id)
    catch_up(store, ["tiny"], from_nothing=True)
    assert states(store) == {"tiny": "FINISHED", "tiny/0": "FINISHED"}


def test_studies_of_one_name_in_two_stores_share_a_server_and_no_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URI_VARIABLE, tracking_uri(store))
    other = Store.open(store.root / "other")
    for place in (store, other):
        record = recorded(place)
        finished(record)
        reconciled(place, record)
    known = client(store)
    experiment = known.get_experiment_by_name(EXPERIMENT).experiment_id
    assert len(known.search_runs([experiment])) == 4
    assert not (other.root / "mlflow.db").exists()


def test_best_is_by_the_study_s_direction(store: Store) -> None:
    for name, direction in (("down", "minimize"), ("up", "maximize")):
        record = recorded(store, name=name, direction=direction)
        values = [finished(record)[METRIC] for _ in range(5)]
        failed(record)
        found = best(store, name)
        chosen = min if direction == "minimize" else max
        assert found.value == chosen(values)
        assert found.trial == values.index(found.value)
        assert found.metrics == metrics(found.spec)
        assert found.spec == record.spec.experiment(record.study.trials[found.trial].params)


def test_best_of_a_fractional_radius(store: Store) -> None:
    key = "test_accuracy_at_0.5"
    record = recorded(store, base={"victim": {"radii": [0.5]}}, metric=key)
    trial = started(record)
    made = Measurement(name=TEST_ACCURACY, value=33.0, unit="%", radius=0.5)
    attributes.note_finish(trial, Finished(measurements=(made,), noise_identity="n", seconds=1.0))
    record.study.tell(trial, 33.0)
    assert best(store, "tiny").metrics == {key: 33.0}


def test_without_a_finished_trial_best_says_how_to_get_one(store: Store) -> None:
    failed(recorded(store))
    with pytest.raises(BadInput, match="study tiny has no finished trial yet; run `sem-ray sweep`"):
        best(store, "tiny")
    with pytest.raises(BadInput, match="no study 'tny'"):
        best(store, "tny")


def test_status_tells_running_from_interrupted(store: Store) -> None:
    record = recorded(store)
    made = finished(record)
    failed(record)
    started(record)
    rows = status(store, "tiny").rows
    assert [row.state for row in rows] == ["complete", "failed", "interrupted"]
    assert (rows[0].value, rows[0].metrics) == (made[METRIC], made)
    assert rows[1].error == "no luck"
    with sweeping(store, "tiny"):
        now = status(store, "tiny")
    assert now.running and now.rows[2].state == "running"
    assert now.complete == 1


def test_a_server_that_is_down_is_said_and_its_records_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URI_VARIABLE, dead_address())
    record, warnings = recorded(store), list[str]()
    records = Records(store, record, warnings.append)
    records.begin()
    made = finished(record)
    records.note(record.study.trials[0], frozenset())
    records.settle()
    assert (
        "refused" in warnings[-1] and "records wait for `sem-ray records sync tiny`" in warnings[-1]
    )
    assert all("secret" not in text and "\n" not in text for text in warnings)
    assert best(store, "tiny").metrics == made
    with pytest.raises(TrackingFailed, match="MLflow at http://127"):
        catch_up(store)
    monkeypatch.delenv(URI_VARIABLE)
    assert [one.runs for one in catch_up(store)] == [2]
    assert states(store) == {"tiny": "FINISHED", "tiny/0": "FINISHED"}


def test_what_was_missed_is_written_when_the_server_is_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URI_VARIABLE, dead_address())
    record = recorded(store)
    records = Records(store, record, list[str]().append)
    records.begin()
    finished(record)
    monkeypatch.delenv(URI_VARIABLE)
    finished(record)
    records.settle()
    assert states(store) == dict.fromkeys(("tiny", "tiny/0", "tiny/1"), "FINISHED")
