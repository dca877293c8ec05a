"""When accuracies say that noise protects, that it does not, and that nothing can be told."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from sem_ray.evaluation import Answer, chance_level, compared
from sem_ray.pipeline import Accuracy
from sem_ray.victims import Victim
from tests.samples import random_images


def run(clean: float | None, protected: float | None) -> Accuracy:
    sides = (
        None if side is None else Victim(4.0, ((1, side),), 0.1, 1) for side in (clean, protected)
    )
    return Accuracy(4.0, *sides)


@pytest.mark.parametrize(
    ("clean", "protected", "images", "answer"),
    [
        (100.0, 99.7, 400, "does not protect"),
        (52.8, 19.1, 1017, "protects"),
        (95.5, 22.3, 359, "protects"),
        (52.8, 33.0, 1017, "cannot be told"),  # about half-way
        (95.5, 40.0, 20, "cannot be told"),  # too few images
        (12.0, 10.0, 400, "cannot be told"),  # the victim learned nothing from clean images
    ],
)
def test_one_run_is_judged_by_its_test_images(
    clean: float, protected: float, images: int, answer: Answer
) -> None:
    found = compared([run(clean, protected)], 10.0, images)
    assert found.answer == answer
    assert found.clean and found.clean.low < clean < found.clean.high + 1e-9


def test_several_runs_are_judged_over_seeds() -> None:
    alike = [run(90.0, 20.0), run(91.0, 22.0), run(92.0, 21.0)]
    assert compared(alike, 10.0, 100).answer == "protects"
    apart = [run(90.0, 20.0), run(91.0, 80.0), run(92.0, 21.0)]
    assert compared(apart, 10.0, 100_000).answer == "cannot be told"


def test_without_both_sides_there_is_no_answer() -> None:
    found = compared([run(90.0, None)], 10.0, 100)
    assert found.clean and found.answer is None
    assert (found.protected, found.margin) == (None, None)


def test_chance_is_the_commonest_class() -> None:
    images = random_images(10, classes=5)
    assert chance_level(images) == 20
    mostly = torch.tensor([1] * 7 + [0] * 3)
    assert chance_level(replace(images, labels=mostly)) == 70
