"""A running sweep: the study's bar, the running stages, a line a trial."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from rich.cells import cell_len

from sem_ray.cli.console.sweep_progress import SweepProgress
from sem_ray.metrics.measurement import CLEAN_ACCURACY, TEST_ACCURACY, Measurement
from sem_ray.progress import Progress, Worker
from sem_ray.studies.events import TrialEvent, TrialProgress, Warned
from tests.cli.console.conftest import MakeScreen

State = Literal["running", "complete", "failed"]
VALUES = {"noise.steps": 3, "noise.step_size": 11.53456}


def trial(number: int, state: State, done: int = 0, **changes: Any) -> TrialEvent:
    found = [
        Measurement(name=TEST_ACCURACY, radius=0, value=32.44, unit="%"),
        Measurement(name=CLEAN_ACCURACY, radius=0, value=98.0, unit="%"),
    ]
    measured = tuple(found) if state == "complete" else ()
    facts = {"values": VALUES, "measurements": measured, "total": 8, **changes}
    return TrialEvent(number, state, done=done, **facts)


def stage(number: int, name: str, done: int, **metrics: float) -> TrialProgress:
    return TrialProgress(number, Progress(name, done, 40, "steps", metrics))


def test_a_file_gets_a_line_for_each_beginning_and_end(screen: MakeScreen) -> None:
    seen = screen(terminal=False)
    with SweepProgress() as progress:
        progress(trial(0, "running"))
        progress(stage(0, "noise", 20))
        progress(trial(0, "complete", 1))
        progress(trial(1, "failed", 1, error="the disk is full"))
    settings = "noise.steps=3  noise.step_size=11.5"
    assert seen.lines == [
        f"trial 0 running  {settings}",
        f"trial 0 complete  {settings}  test_accuracy_at_0 32.4",
        f"trial 1 failed  {settings}: the disk is full",
    ]


def test_a_person_sees_the_study_and_every_running_stage(screen: MakeScreen) -> None:
    seen = screen()
    with SweepProgress() as progress:
        progress(trial(0, "running"))
        progress(trial(1, "running"))
        progress(stage(0, "noise", 20, loss=0.5))
        progress(stage(1, "victim ρ=4 clean", 10))
        progress(stage(0, "noise", 30))
        progress._bars.refresh()
        study, first, second = seen.lines[-3:]
    assert study.startswith("trials") and "0/8" in study
    assert first.startswith("  0: noise ") and "30/40" in first and "loss 0.500" in first
    assert second.startswith("  1: victim ρ=4 clean") and "10/40" in second


def test_a_trial_has_one_bar_that_follows_its_stages_and_goes_with_it(screen: MakeScreen) -> None:
    seen = screen()
    with SweepProgress() as progress:
        progress(trial(0, "running"))
        progress(stage(0, "noise", 40))
        progress(stage(0, "final pass", 1))
        progress._bars.refresh()
        assert "final pass" in seen.lines[-1] and "noise" not in "".join(seen.lines[-2:])
        progress(trial(0, "complete", 1))
        progress._bars.refresh()
        assert seen.lines[-1].startswith("trials") and "1/8" in seen.lines[-1]


def test_no_stage_is_left_on_the_screen_at_the_end(screen: MakeScreen) -> None:
    seen = screen()
    with pytest.raises(KeyboardInterrupt), SweepProgress() as progress:
        progress(trial(0, "running"))
        progress(stage(0, "noise", 20))
        raise KeyboardInterrupt
    assert seen.lines[-1].startswith("trials") and "noise" not in seen.lines[-1]


def test_until_the_first_trial_ray_is_starting(screen: MakeScreen) -> None:
    seen = screen()
    with SweepProgress() as progress:
        progress._bars.refresh()
        assert "starting Ray" in seen.lines[-1]
        progress(trial(5, "running", 5))
        progress._bars.refresh()
        assert "starting Ray" not in seen.lines[-1] and "5/8" in seen.lines[-1]


def test_the_rate_is_in_trials(screen: MakeScreen) -> None:
    seen = screen()
    with SweepProgress() as progress:
        progress(trial(0, "running"))
        progress(trial(0, "complete", 1))
    assert "trials/" in seen.lines[-1]


@pytest.mark.parametrize("width", [60, 80])
def test_nothing_wraps_but_between_words(screen: MakeScreen, width: int) -> None:
    seen = screen(width=width)
    with SweepProgress() as progress:
        progress(trial(10, "running"))
        progress(stage(10, "victim ρ=0.5 protected", 39, loss=0.123, accuracy=99.9))
        progress(trial(10, "complete", 1))
        progress(Warned("a tracking server is down; the sweep goes on and records it later" * 3))
    assert max(cell_len(line) for line in seen.lines) <= width
    assert "test_accuracy_at_0" in seen.text and "32.4" in seen.text


def test_a_warning_is_one_line_in_a_file(screen: MakeScreen) -> None:
    seen = screen(terminal=False)
    with SweepProgress() as progress:
        progress(Warned("MLflow is down; " * 20))
    (line,) = seen.lines
    assert line.startswith("warning: MLflow is down")


def test_what_a_trials_actors_share_has_a_line_that_goes_with_the_trial(screen: MakeScreen) -> None:
    seen = screen()
    workers = tuple(Worker(f"actor {rank}", (rank,), 1234.5, 1.0) for rank in range(2))
    metrics = {"loss": 0.171, "accuracy": 84.1}
    report = Progress("victim ρ=4 protected", 1, 40_000, "steps", metrics, workers, 1)
    with SweepProgress() as progress:
        progress(trial(0, "running"))
        progress(TrialProgress(0, report))
        line = "  0: restarts 1  accuracy 84.1%  loss 0.171  2 actors 2469.0 images/s"
        progress._bars.refresh()
        assert line in seen.lines
        progress(trial(0, "complete", 1))
        progress._bars.refresh()
        assert line not in seen.lines


def test_a_further_run_is_said_to_be_one(screen: MakeScreen) -> None:
    seen = screen(terminal=False)
    with SweepProgress() as progress:
        progress(trial(9, "running", configuration=2, replicate=1))
    assert seen.lines == [
        "trial 9 (configuration 2, run 2) running  noise.steps=3  noise.step_size=11.5"
    ]
