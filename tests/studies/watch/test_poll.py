"""A study looked at while it is swept, as another process would."""

from __future__ import annotations

from dataclasses import dataclass, field

from sem_ray.pipeline import Backend
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.events import DevicesTaken
from sem_ray.studies.journal.live import LiveWriter
from sem_ray.studies.journal.storage import JOURNAL_FILE, study_folder, sweeping
from sem_ray.studies.run.sweep import run_sweep
from sem_ray.studies.watch.poll import StudyPoll
from sem_ray.studies.watch.study_view import StudyView
from tests.studies.fakes import Made, instant, study
from tests.studies.run.in_process import InProcess
from tests.studies.run.queue_driver import Sweep

HERE = InProcess()


@dataclass
class Looking:
    """An experiment in whose course somebody looks at the study."""

    poll: StudyPoll
    seen: list[StudyView] = field(default_factory=list)

    def __call__(
        self, spec: ExperimentSpec, store: Store, *, backend: Backend, sink: ProgressSink = silent
    ) -> Made:
        sink(Progress("noise", 1, 2))
        view = self.poll.look()
        assert view is not None
        self.seen.append(view)
        return instant(spec, store, backend=backend, sink=silent)


def test_a_study_that_does_not_exist_shows_nothing_and_is_not_made(store: Store) -> None:
    poll = StudyPoll(store, "tiny")
    assert poll.look() is None and not poll.running
    assert not study_folder(store, "tiny").exists()


def test_a_running_study_is_seen_trial_by_trial(store: Store) -> None:
    looking = Looking(StudyPoll(store, "tiny"))
    assert run_sweep(study(trials=3), store, experiment=looking, backend=HERE).ok
    assert [view.standing.runs for view in looking.seen] == [0, 1, 2]
    assert [view.standing.runs_left for view in looking.seen] == [3, 2, 1]
    first = looking.seen[0]
    assert first.started is not None and first.started <= first.now
    leaders = [view.standing.leader for view in looking.seen]
    assert leaders[0] is None and leaders[1] is not None


def test_after_its_end_it_stands_still(store: Store) -> None:
    run_sweep(study(trials=2), store, experiment=instant, backend=HERE)
    poll = StudyPoll(store, "tiny")
    before = (study_folder(store, "tiny") / JOURNAL_FILE).read_bytes()
    view = poll.look()
    assert view is not None and not poll.running
    assert (view.standing.runs, view.running, view.started) == (2, (), None)
    assert view.left is not None and view.left.seconds == 0
    assert (study_folder(store, "tiny") / JOURNAL_FILE).read_bytes() == before


def test_a_longer_study_is_read_again(store: Store) -> None:
    run_sweep(study(trials=2), store, experiment=instant, backend=HERE)
    poll = StudyPoll(store, "tiny")
    assert poll.look() is not None
    run_sweep(study(trials=3), store, experiment=instant, backend=HERE)
    view = poll.look()
    assert view is not None
    assert (view.standing.runs, view.standing.wanted) == (3, 3)
    assert view.standing.failed == 0


def test_what_runs_is_seen_by_the_clock_of_the_sweep(store: Store) -> None:
    sweep = Sweep(store, target=2)
    here, there = [5.0], [1000.0]
    live = LiveWriter(sweep.record.folder, every=0, clock=lambda: there[0])
    poll = StudyPoll(store, "tiny", clock=lambda: here[0])
    with sweeping(store, "tiny"):
        request = sweep.take()
        live.begin(request.trial)
        live.devices(DevicesTaken(cpus=1, gpus=0))
        live.watch(request.trial, Progress("noise", 1, 2))
        first = poll.look()
        here[0] += 30
        second = poll.look()
        sweep.finish(request)
        ended = poll.look()
    assert first is not None and second is not None and ended is not None
    assert (first.now, second.now) == (1000.0, 1030.0)
    (running,) = first.running
    assert running.values == sweep.record.study.trials[0].params
    assert (running.seed, running.live.trial) == (request.spec.seed, request.trial)
    assert running.share is not None and 0 < running.share < 1
    assert second.spent == {"core-hours": 30 / 3600}
    assert ended.running == (), "the journal knows its end before the file does"
