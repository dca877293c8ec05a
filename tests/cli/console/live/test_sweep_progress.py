"""A running sweep: a line a trial, and on a terminal the study below them."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from rich.cells import cell_len

from sem_ray.cli.console.live.sweep_progress import SweepProgress
from sem_ray.errors import WorkFailed
from sem_ray.metrics.measurement import CLEAN_ACCURACY, TEST_ACCURACY, Measurement
from sem_ray.progress import Progress
from sem_ray.studies.events import DevicesChosen, DevicesTaken, TrialEvent, TrialProgress, Warned
from sem_ray.studies.watch.study_view import StudyView
from tests.cli.console.conftest import MakeScreen
from tests.cli.console.live_samples import EIGHT, view

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


def none_yet() -> StudyView | None:
    return None


def never() -> StudyView | None:
    raise AssertionError("a file shows no study")


def test_a_file_gets_a_line_for_each_beginning_and_end(screen: MakeScreen) -> None:
    seen = screen(terminal=False)
    with SweepProgress(never) as progress:
        progress(DevicesChosen("a trial takes 1 core, 2 at once", 2, 2, 0))
        progress(trial(0, "running"))
        progress(DevicesTaken(1, 0))
        progress(TrialProgress(0, Progress("noise", 20, 40)))
        progress(trial(0, "complete", 1))
        progress(trial(1, "failed", 1, error="the disk is full"))
    settings = "noise.steps=3  noise.step_size=11.5"
    assert seen.lines == [
        "note: a trial takes 1 core, 2 at once",
        f"trial 0 running  {settings}",
        f"trial 0 complete  {settings}  test_accuracy_at_0 32.4",
        f"trial 1 failed  {settings}: the disk is full",
    ]
    assert "\x1b[" not in seen.drawn.getvalue().replace("\x1b[2m", "").replace("\x1b[0m", "")


def test_a_person_sees_trials_end_above_the_study(screen: MakeScreen) -> None:
    seen = screen()
    with SweepProgress(view, ["test_accuracy_at_0"]) as progress:
        progress(trial(0, "running"))
        progress(trial(0, "complete", 1))
        drawn = seen.lines
    assert drawn[0] == "trial 0 complete  test_accuracy_at_0 32.4  steps 3  step_size 11.5"
    assert drawn[1].startswith("study quick · configurations 3 of 6")
    assert max(cell_len(line) for line in drawn) <= 80


def test_nothing_of_the_study_is_left_on_the_screen_at_the_end(screen: MakeScreen) -> None:
    seen = screen()
    with pytest.raises(KeyboardInterrupt), SweepProgress(view) as progress:
        progress(trial(0, "complete", 1))
        raise KeyboardInterrupt
    assert [line[:16] for line in seen.lines] == ["trial 0 complete"]


def test_until_there_is_a_study_ray_is_starting(screen: MakeScreen) -> None:
    seen = screen()
    with SweepProgress(none_yet) as progress:
        progress(Warned("MLflow is down"))
        assert seen.lines == ["warning: MLflow is down", "starting Ray"]


def test_a_study_that_cannot_be_read_is_said_and_ends_nothing(screen: MakeScreen) -> None:
    def damaged() -> StudyView | None:
        raise WorkFailed("the record is damaged")

    seen = screen()
    with SweepProgress(damaged) as progress:
        progress(trial(0, "complete", 1))
        assert seen.lines[-1] == "the study cannot be read just now: the record is damaged"


@pytest.mark.parametrize("width", [60, 80])
def test_nothing_wraps_but_between_words(screen: MakeScreen, width: int) -> None:
    seen = screen(width=width)
    with SweepProgress(view, ["test_accuracy_at_0"]) as progress:
        progress(trial(10, "running"))
        progress(trial(10, "complete", 1, values=EIGHT))
        progress(trial(11, "failed", 1, error="the disk is full, free some " * 5))
        progress(Warned("a tracking server is down; the sweep goes on and records it later" * 3))
    assert max(cell_len(line) for line in seen.lines) <= width
    assert "test_accuracy_at_0" in seen.text and "32.4" in seen.text


def test_a_warning_is_one_line_in_a_file(screen: MakeScreen) -> None:
    seen = screen(terminal=False)
    with SweepProgress(never) as progress:
        progress(Warned("MLflow is down; " * 20))
    (line,) = seen.lines
    assert line.startswith("warning: MLflow is down")


def test_a_further_run_is_said_to_be_one(screen: MakeScreen) -> None:
    seen = screen(terminal=False)
    with SweepProgress(never) as progress:
        progress(trial(9, "running", configuration=2, replicate=1))
    (line,) = seen.lines
    assert line.startswith("trial 9 (configuration 2, run 2) running  noise.steps=3")
