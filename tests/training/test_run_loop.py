"""The run loop alone, with an executor whose steps take no time: what it reports, keeps, goes on
from, and when it stops."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from sem_ray.checkpoint import Checkpoint, OutOfTime, Paused
from sem_ray.errors import WorkFailed
from sem_ray.interrupts import Interrupted
from sem_ray.progress import Progress
from sem_ray.training.run_loop import MembershipChanged, Report, run_schedule
from sem_ray.training.run_state import State, packed, unpacked

TOTAL = 6


class Steps:
    """A schedule of `TOTAL` steps."""

    total = TOTAL
    role = "surrogate"

    def progress(self, done: int) -> Progress:
        return Progress("noise", done, self.total)


@dataclass
class Counter:
    """An executor that does one step an advance, and first what `before` says for that step."""

    before: dict[int, Callable[[], None]] = field(default_factory=dict)
    loss: Callable[[int], float] = float
    waiting: bool = False
    done: int = 0
    sum: torch.Tensor = field(default_factory=lambda: torch.zeros(1))
    loaded: list[int] = field(default_factory=list)

    def advance(self, until: int) -> Report:
        if act := self.before.pop(self.done, None):
            act()
        self.sum += self.done
        self.done = min(self.done + 1, until)
        return Report(self.done, losses={0: self.loss(self.done)}, images=1)

    def state(self) -> State:
        return State({"sum": self.sum.clone()}, {1: {"noise": self.sum * 2}}, {"done": self.done})

    def load(self, state: State | None) -> None:
        if state is None:
            self.done, self.sum = 0, torch.zeros(1)
        else:
            self.done, self.sum = int(state.facts["done"]), state.shared["sum"].clone()
        self.loaded.append(self.done)


def lost() -> None:
    raise MembershipChanged


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoint:
    """A checkpoint after every step."""
    return Checkpoint(tmp_path / "checkpoint", every=0)


def run(executor: Counter, checkpoint: Checkpoint | None = None) -> list[Progress]:
    """The reports of a run to its end."""
    reports: list[Progress] = []
    finished = run_schedule(Steps(), executor, sink=reports.append, checkpoint=checkpoint)
    assert finished.state.shared["sum"].item() == sum(range(TOTAL))
    assert finished.loss == TOTAL
    return reports


def test_every_advance_is_reported_with_its_loss() -> None:
    reports = run(Counter())
    assert [report.done for report in reports] == [1, 2, 3, 4, 5, 6]
    assert [report.metrics["loss"] for report in reports] == [1, 2, 3, 4, 5, 6]


def test_without_a_checkpoint_a_lost_worker_costs_all_steps() -> None:
    executor = Counter({4: lost})
    run(executor)
    assert executor.loaded == [0, 0]


def test_a_lost_worker_costs_the_steps_since_the_last_checkpoint(kept: Checkpoint) -> None:
    executor = Counter({4: lost})
    run(executor, kept)
    assert executor.loaded[0] == 0 and 0 < executor.loaded[1] <= 4


def test_who_waits_to_join_is_let_in_at_the_place_that_was_reached() -> None:
    executor = Counter()
    executor.before[2] = lambda: setattr(executor, "waiting", True)
    executor.before[3] = lambda: setattr(executor, "waiting", False)
    run(executor)
    assert executor.loaded == [0, 3]


def test_ctrl_c_saves_after_the_step_and_the_next_run_goes_on(kept: Checkpoint) -> None:
    kept.every = math.inf
    with pytest.raises(Interrupted) as told:
        run(Counter({3: ctrl_c}), kept)
    assert told.value.saved == "noise is saved at 4 of 6 steps"
    again = Counter()
    assert [report.done for report in run(again, kept)] == [5, 6]
    assert again.loaded == [4]


def test_ctrl_c_in_the_last_step_keeps_the_whole_run(kept: Checkpoint) -> None:
    with pytest.raises(Interrupted):
        run(Counter({TOTAL - 1: ctrl_c}), kept)
    assert run(Counter(), kept) == []


@pytest.mark.parametrize("step", [1, 4, TOTAL])
def test_a_run_pauses_saved_at_its_step_and_goes_on_from_there(kept: Checkpoint, step: int) -> None:
    kept.every, kept.pause_at = math.inf, step
    for loaded in (0, step):  # the second time it is there already
        executor = Counter()
        with pytest.raises(Paused):
            run(executor, kept)
        assert executor.done == step and executor.loaded == [loaded]
    kept.pause_at = None
    assert [report.done for report in run(Counter(), kept)] == [*range(step + 1, TOTAL + 1)]


def test_ctrl_c_without_a_checkpoint_claims_nothing() -> None:
    with pytest.raises(Interrupted) as told:
        run(Counter({3: ctrl_c}))
    assert told.value.saved == ""


def test_a_second_ctrl_c_does_not_wait_for_the_step() -> None:
    def twice() -> None:
        ctrl_c()
        ctrl_c()

    executor = Counter({3: twice})
    with pytest.raises(KeyboardInterrupt):
        run(executor)
    assert executor.done == 3


def test_the_time_that_is_over_saves_and_stops(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint", until=0)
    with pytest.raises(OutOfTime):
        run(Counter(), checkpoint)
    saved = checkpoint.load()
    assert saved is not None and saved[1]["done"] == 1


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    with pytest.raises(WorkFailed, match=r"surrogate's loss is nan at step 3: it diverged"):
        run(Counter(loss=lambda done: math.nan if done == 3 else 1.0))


def test_seconds_and_loss_of_earlier_sittings_count(kept: Checkpoint) -> None:
    kept.every = math.inf
    with pytest.raises(Interrupted):
        run(Counter({3: ctrl_c}), kept)
    saved = kept.load()
    assert saved is not None
    kept.save(saved[0], {**saved[1], "seconds": 100.0})
    finished = run_schedule(Steps(), Counter(), sink=lambda _: None, checkpoint=kept)
    assert 100 < finished.seconds < 110


def test_a_state_is_the_same_after_it_was_flattened() -> None:
    state = Counter().state()
    tensors, facts = packed(state, state.facts)
    assert set(tensors) == {"sum", "shard.1.noise"}
    again = unpacked(tensors, facts)
    assert (again.shared, again.shards, again.facts) == (state.shared, state.shards, state.facts)


def test_the_loss_of_a_batch_is_added_in_the_order_of_the_shards() -> None:
    """Float sums depend on the order, and the order of workers' answers must not show."""
    parts = {2: 1e-16, 0: 1.0, 1: 1e-16}
    assert Report(1, losses=parts).loss == (1.0 + 1e-16) + 1e-16
    assert Report(1).loss is None
