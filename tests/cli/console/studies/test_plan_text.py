"""The plan of a sweep on a screen."""

from __future__ import annotations

from dataclasses import replace

from sem_ray.cli.console.studies.plan_text import show_plan
from sem_ray.studies.plan.cost import Cost
from sem_ray.studies.plan.rates import Rate
from sem_ray.studies.plan.sweep_plan import SweepPlan
from sem_ray.studies.plan.work import WorkKind
from tests.cli.console.conftest import MakeScreen

COST = Cost(
    trials=16,
    surrogates=8,
    generations=12,
    victims=30,
    generation_passes=500.0,
    victim_passes=734.4,
    device_hours=2.5,
    hours=0.4,
    store_bytes=7_055_849,
)
VALUES = {"noise.radius": 8, "noise.step_size": 11.512345}
RATE = Rate(WorkKind("generation", "tiny", (1, 16, 16), "float32", "sem"), 1.4e-4, "measured", "x")
PLAN = SweepPlan(
    study="quick",
    trials=6,
    seeds=(2, 5),
    confirming=4,
    settings={"noise.radius": "8 | 16", "noise.step_size": "0.5 … 12.0, log"},
    combinations=None,
    proposals=(VALUES, {"noise.radius": 16}),
    exact=False,
    finished=3,
    least=COST,
    most=replace(COST, trials=34),
    device="1 core a trial, 2 at once",
    machine="a processor",
    rates=(RATE,),
    budget={"device_hours": 2.0},
)


def test_a_plan_shows_the_space_the_proposals_and_the_cost(screen: MakeScreen) -> None:
    seen = screen()
    show_plan(PLAN)
    assert "study quick: 6 configurations, each with 2 to 5 seeds, then the winner with 4 more" in (
        seen.text
    )
    for text in ("0.5 … 12.0, log", "11.5", "24 min", "2.5 h", "7.1 MB", "1,234", "nothing was"):
        assert text in seen.text
    (trials,) = [line.split() for line in seen.lines if line.strip().startswith("trials ")]
    assert trials == ["trials", "16", "34"]


def test_a_plan_says_what_it_rests_on(screen: MakeScreen) -> None:
    seen = screen(terminal=False, width=240)
    show_plan(PLAN)
    for text in (
        "3 trials are finished already",
        "an estimate",
        "devices: 1 core a trial, 2 at once, on a processor",
        "rates: sem (tiny, 1×16×16, float32): 140 µs a pass and image, measured now",
        "budget: device hours 2",
    ):
        assert text in seen.text


def test_one_seed_each_has_one_column_and_unknown_hours_are_said(screen: MakeScreen) -> None:
    seen = screen()
    unknown = replace(COST, device_hours=None, hours=None)
    show_plan(replace(PLAN, seeds=(1, 1), least=unknown, most=unknown, exact=True, rates=()))
    assert "one seed each" in seen.text and "at least" not in seen.text
    assert "hours are unknown" in seen.text


def test_a_plan_fits_eighty_columns(screen: MakeScreen) -> None:
    seen = screen(terminal=True, width=80)
    show_plan(PLAN)
    tables = [line for line in seen.lines if "  " in line]
    assert max(map(len, tables)) <= 80
