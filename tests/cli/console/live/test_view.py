"""A running study on one screen, whatever its size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from sem_ray.cli.console.live.view import clock, live_view
from sem_ray.metrics.statistics import mean_estimate
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.watch.standing import Leader, RungCount
from sem_ray.studies.watch.study_view import StudyView
from tests.cli.console.conftest import MakeScreen
from tests.cli.console.live_samples import TWO, running, view


def lines(screen: MakeScreen, shown: StudyView, width: int = 80, height: int = 24) -> list[str]:
    seen = screen(width=width)
    seen.console.print(live_view(shown, width, height))
    return seen.lines


def test_what_is_done_and_left_who_leads_and_what_runs(screen: MakeScreen) -> None:
    found = lines(screen, view(values=TWO))
    assert found[0] == "study quick · configurations 3 of 6 · trials 11 of up to 26"
    assert found[1] == "besides 1 failed · 2 stopped early"
    assert "time left" in found[2] and "from 2 finished trials" in found[2]
    assert found[3] == "best   configuration 5: test_accuracy_at_4 18.2 [15.0, 21.4] over 3 seeds"
    assert found[4].split() == ["2", "others", "cannot", "be", "told", "from", "it"]
    assert found[5].split()[:4] == ["noise.radius", "16", "noise.steps", "3"]
    assert found[7] == "cost   0.42 core-hours · 0.06 GPU-hours · this sweep runs for 3:20"
    assert found[8] == "takes  8 of 64 cores · 2 of 2 GPUs"
    assert found[9].split() == ["trial", "seed", "stage", "done", "rate", "settings"]
    assert found[10].split()[:12] == [
        *("12", "7", "victim", "ρ=4", "protected", "40%", "3.0", "steps/s"),
        *("radius", "16", "steps", "3"),
    ]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("trials", [0, 1, 64])
def test_it_fits_the_screen_and_says_what_it_left_out(
    screen: MakeScreen, width: int, trials: int
) -> None:
    found = lines(screen, view(trials), width)
    assert max(cell_len(line) for line in found) <= width
    assert len(found) <= 24
    left_out = [line for line in found if line.startswith("and ") and " more: " in line]
    assert len(left_out) == (trials == 64)
    if left_out:
        shown = sum("steps/s" in line for line in found)
        assert left_out[0].startswith(f"and {64 - shown} more: ")
        assert left_out[0].endswith(" status quick")


def test_many_settings_stand_below_their_trial_and_few_beside_it(screen: MakeScreen) -> None:
    narrow, wide = lines(screen, view(), 80), lines(screen, view(), 220)
    assert sum(line.startswith("       noise.radius 16  noise.steps 3") for line in narrow) == 3
    assert sum("40%  3.0 steps/s  noise.radius 16" in line for line in wide) == 2


def test_before_anything_is_finished_it_says_so(screen: MakeScreen) -> None:
    bare = replace(view(1, leader=None, runs=0, failed=0, pruned=0, seconds=()), taken=None)
    starting = replace(bare, running=(replace(running(0), share=None),))
    found = lines(screen, starting)
    assert "time left unknown" in found[1]
    assert found[2] == "best   nothing is finished yet"
    going = lines(screen, replace(bare, running=(running(0),)))
    assert "from the steps of running trials" in going[1]


def test_one_seed_gives_no_interval(screen: MakeScreen) -> None:
    leader = Leader(0, TWO, mean_estimate([31.25]), tied=0, decided=False)
    found = lines(screen, view(leader=leader))
    assert "best   configuration 0: test_accuracy_at_4 31.2 with one seed" in found
    assert not any("told" in line for line in found)


def test_several_objectives_have_a_front(screen: MakeScreen) -> None:
    several = (Objective(metric="test_accuracy_at_4"), Objective(metric="passes"))
    found = lines(screen, view(objectives=several, front=4))
    assert "front  4 configurations that no other beats in every objective" in found


def test_rungs_say_how_many_reached_them_and_stopped_there(screen: MakeScreen) -> None:
    rungs = (RungCount(0.25, reached=12, stopped=8), RungCount(0.5, reached=4, stopped=1))
    found = lines(screen, view(rungs=rungs))
    assert "rungs  0.25: 12 reached, 8 stopped · 0.5: 4 reached, 1 stopped" in found


def test_a_finished_study_has_no_time_left(screen: MakeScreen) -> None:
    found = lines(screen, replace(view(0, runs_left=0), started=None, taken=None))
    assert "finished" in found[2] and not any("takes" in line for line in found)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (61.4, "1:01"),
        (3599.6, "1:00:00"),
        (90_000, "25:00:00"),
        (200_000, "2 d 07:33"),
    ],
)
def test_times_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_names_of_a_stranger_are_no_markup(screen: MakeScreen) -> None:
    values: dict[str, Any] = {"data.source": "[red]:smile:"}
    assert any("source [red]:smile:" in line for line in lines(screen, view(values=values)))
