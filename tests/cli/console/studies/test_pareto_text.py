"""A front as characters and sentences."""

from __future__ import annotations

import math

import pytest

from sem_ray.cli.console.studies.pareto_text import HEIGHT, WIDTH, plot, sentences, show_front
from sem_ray.metrics.statistics import Estimate
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.pareto import ParetoFront, ParetoPoint, Standing

X, Y = Objective(metric="x"), Objective(metric="y", direction="maximize")


def point(trial: int, x: float, y: float, standing: Standing, half: float = 1) -> ParetoPoint:
    values = {o.metric: Estimate(v, v - half, v + half, 2) for o, v in ((X, x), (Y, y))}
    return ParetoPoint(trial, {"noise.radius": 8}, values, standing)


def front(*points: ParetoPoint) -> ParetoFront:
    return ParetoFront("radii", (X, Y), points, 2, {"x": 10.0, "y": 0.0}, 12.5)


POINTS = (
    point(0, 0, 5, "front"),
    point(1, 9, 9, "front"),
    point(2, 9, 1, "dominated"),
)


def test_larger_values_lie_to_the_right_and_up() -> None:
    _, *lines, axis, _ = plot(front(*POINTS))
    assert len(lines) == HEIGHT and axis == f"└{'─' * WIDTH}"
    assert lines[0] == f"│{' ' * (WIDTH - 1)}●"
    assert lines[HEIGHT // 2] == "│●"
    assert lines[-1].endswith("·")


def test_all_points_in_one_place_are_one_mark_of_the_front() -> None:
    text = "\n".join(plot(front(point(0, 1, 1, "front"), point(1, 1, 1, "dominated"))))
    assert text.count("●") == 1 and "·" not in text


def test_a_person_reads_intervals_standing_reference_and_what_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_front(front(*POINTS))
    shown = capsys.readouterr()
    assert "5 [4, 6]" in shown.out and "● front" in shown.out and "noise.radius 8" in shown.out
    assert "hypervolume 12.5 from the reference (x 10, y 0)" in shown.err
    assert "2 configurations break a constraint" in shown.err


def test_one_seed_is_said_to_tell_nothing() -> None:
    alone = front(point(0, 1, 1, "front", half=math.inf))
    assert any("one seed each tells nothing apart" in text for text in sentences(alone))
