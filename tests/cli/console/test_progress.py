"""Bars where a person watches, a line a stage where not."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.progress import Task

from sem_ray.cli.console.progress import Rate, StageProgress, TimeLeft, bars, shown
from sem_ray.progress import Progress, Worker
from tests.cli.console.conftest import MakeScreen

LONGEST = Progress("victim ρ=0.5 protected", 39_999, 40_000, "steps", {"loss": 0.123456})


def task(**facts: Any) -> Task:
    """What a column looks at."""
    usual = {"fields": {"unit": "steps"}, "speed": None, "finished_speed": None, "remaining": None}
    return cast("Task", SimpleNamespace(**{**usual, **facts}))


@pytest.mark.parametrize(
    ("speed", "text"),
    [(12.34, "12.3 steps/s"), (1.0, "1.0 steps/s"), (0.5, "30.0 steps/min"), (None, ""), (0, "")],
)
def test_slow_rates_are_told_by_the_minute(speed: float | None, text: str) -> None:
    assert Rate().render(task(speed=speed)).plain == text


@pytest.mark.parametrize(
    ("remaining", "speed", "text"),
    [(90, 1.0, "01:30"), (7200, 1.0, "2:00:00"), (1, None, "--:--"), (None, 1.0, "--:--")],
)
def test_time_left_is_what_remains_at_this_pace(
    remaining: float | None, speed: float | None, text: str
) -> None:
    assert TimeLeft().render(task(remaining=remaining, speed=speed)).plain == text


def test_a_studys_pace_counts_only_what_this_sweep_finished() -> None:
    fields = {"unit": "trials", "since": 4}
    study = task(fields=fields, completed=6, elapsed=60.0, remaining=3, speed=99)
    assert Rate().render(study).plain == "2.0 trials/min"
    assert TimeLeft().render(study).plain == "01:30"
    begun = task(fields=fields, completed=4, elapsed=60.0, remaining=5, speed=99)
    assert (Rate().render(begun).plain, TimeLeft().render(begun).plain) == ("", "--:--")


def test_a_person_sees_a_bar_for_each_stage_with_figures_that_stay(screen: MakeScreen) -> None:
    seen = screen()
    with StageProgress() as progress:
        progress(Progress("noise", 1, 3))
        progress(Progress("noise", 2, 3, metrics={"loss": 0.5}))
        progress(Progress("noise", 3, 3))
        progress(Progress("final pass", 2, 4, "blocks"))
    noise, final = seen.lines[-2:]
    assert noise.startswith("noise") and "3/3" in noise and "loss 0.500" in noise
    assert final.startswith("final pass") and "2/4" in final


def test_each_stage_has_one_bar_whatever_the_reports(screen: MakeScreen) -> None:
    seen = screen()
    with StageProgress() as progress:
        for done in range(1, 51):
            for stage in ("victim ρ=4 clean", "victim ρ=4 protected"):
                progress(Progress(stage, done, 50))
    last = seen.lines[-2:]
    assert [line.split("━")[0].strip() for line in last] == [
        "victim ρ=4 clean",
        "victim ρ=4 protected",
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_bars_never_wrap(screen: MakeScreen, width: int) -> None:
    seen = screen(width=width)
    with StageProgress() as progress:
        progress(LONGEST)
        progress(Progress("final pass", 1, 3, "blocks", {"loss": 1.0, "accuracy": 99.9}))
    assert max(cell_len(line) for line in seen.lines) <= width
    assert any("39999/40000" in line for line in seen.lines)


def test_on_eighty_columns_a_victims_accuracy_is_not_cut_off(screen: MakeScreen) -> None:
    seen = screen()
    with StageProgress() as progress:
        for done in (30, 60):
            metrics = {"loss": 0.171, "accuracy": 84.1}
            progress(Progress("victim ρ=4 protected", done, 60, "steps", metrics))
    assert "60/60" in seen.lines[-1] and "accuracy 84.1%" in seen.lines[-1]


def test_a_file_gets_one_line_a_finished_stage_and_no_bars(screen: MakeScreen) -> None:
    seen = screen(terminal=False)
    with StageProgress() as progress:
        for done in range(1, 1201):
            metrics = {"loss": 0.25, "accuracy": 50.0} if done % 100 == 0 else {}
            progress(Progress("noise", done, 1200, metrics=metrics))
    assert seen.drawn.getvalue() == "noise: 1,200 steps done  accuracy 50.0%  loss 0.250\n"


def test_the_bars_end_where_the_work_fails(screen: MakeScreen) -> None:
    seen = screen()
    with pytest.raises(RuntimeError), StageProgress() as progress:
        progress(Progress("noise", 1, 3))
        raise RuntimeError
    assert seen.drawn.getvalue().endswith("\x1b[?25h"), "the cursor stays hidden"


def at_work(*rates: float) -> tuple[Worker, ...]:
    shards = [(0, 1, 2), (3,)]
    return tuple(
        Worker(f"actor {rank}", shards[rank], rate, 1.0) for rank, rate in enumerate(rates)
    )


def test_each_actor_has_a_line_with_its_shards_and_rate(screen: MakeScreen) -> None:
    seen = screen(width=150)
    with StageProgress() as progress:
        metrics = {"loss": 0.5}
        progress(Progress("noise", 1, 9, metrics=metrics, workers=at_work(90.0, 30.5)))
        progress(Progress("noise", 2, 9, metrics=metrics, workers=at_work(60.0), restarts=1))
        progress(Progress("noise", 5, 9, metrics=metrics, workers=at_work(90.0, 30.5), restarts=1))
    stage, first, second = seen.lines[-3:]
    assert "5/9" in stage and "restarts 1  loss 0.500  2 actors 120.5 images/s" in stage
    assert "actor 0: shards 0-2" in first and "90.0 images/s" in first
    assert "actor 1: shard 3" in second and "30.5 images/s" in second


def test_actors_lines_go_where_the_stage_ends(screen: MakeScreen) -> None:
    seen = screen(width=100)
    with StageProgress() as progress:
        progress(Progress("noise", 1, 2, workers=at_work(1.0, 2.0)))
        progress(Progress("noise", 2, 2, workers=at_work(1.0, 2.0)))
    assert not any("actor 0:" in line for line in seen.lines)


def test_names_are_not_markup() -> None:
    console = Console(file=io.StringIO(), width=100)
    shown_bars = bars()
    shown_bars.add_task("[bold]noise", total=1, unit="steps", metrics="[red]x")
    console.print(shown_bars)
    file = cast("io.StringIO", console.file)
    assert "[bold]noise" in file.getvalue() and "[red]x" in file.getvalue()


def test_figures_are_told_in_their_units() -> None:
    assert shown({"loss": 0.61249, "accuracy": 48.24}) == "accuracy 48.2%  loss 0.612"
    assert shown({}) == ""
