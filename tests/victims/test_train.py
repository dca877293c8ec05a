"""Victims learn clean images, and less from protected ones; radii mean adversarial training."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from sem_ray.checkpoint import Checkpoint, OutOfTime
from sem_ray.data import ImageSet, load
from sem_ray.errors import WorkFailed
from sem_ray.spec import DataSpec
from sem_ray.training import Trainer
from sem_ray.victims import Victim, accuracy, train_victim
from sem_ray.victims.train import evaluation_steps
from tests.samples import random_images, team_of, tiny_spec

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits() -> tuple[ImageSet, ImageSet]:
    data = load(DataSpec(limit=300, test_limit=100))
    return data.train, data.require_test()


def test_a_standard_victim_learns_digits(digits: tuple[ImageSet, ImageSet]) -> None:
    victim = {"steps": 50, "batch": 64, "schedule": "cosine", "evaluations": 3}
    spec = tiny_spec(precision="float32", victim=victim)
    result = train_victim(spec, 0, *digits, device=CPU)
    assert result.last > 75
    assert [step for step, _ in result.curve] == [17, 33, 50]
    assert result.best == max(accuracy for _, accuracy in result.curve)


def test_same_seed_same_curve_another_seed_another(digits: tuple[ImageSet, ImageSet]) -> None:
    first, again, other = (
        train_victim(tiny_spec(seed=seed), 4, *digits, device=CPU) for seed in (1, 1, 2)
    )
    assert (first.curve, first.train_loss) == (again.curve, again.train_loss)
    assert first.train_loss != other.train_loss


@pytest.mark.parametrize(
    "network", ["squeezenet1_1", pytest.param("efficientnet_b0", marks=pytest.mark.long)]
)
def test_a_victim_that_drops_values_repeats_whatever_else_draws(network: str) -> None:
    victim = {"network": f"torchvision:{network}", "steps": 3, "evaluations": 1}
    images = random_images(12, size=32)

    def trained(seed: int, other: int) -> Victim:
        torch.manual_seed(other)
        spec = tiny_spec(seed=seed, precision="float32", victim=victim)
        return train_victim(spec, 0, images, images, device=CPU)

    first, again, other = trained(1, other=1), trained(1, other=2), trained(2, other=1)
    assert (first.curve, first.train_loss) == (again.curve, again.train_loss)
    assert first.train_loss != other.train_loss


def test_a_victim_that_drops_values_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    network = "torchvision:mobilenet_v3_small"
    spec = tiny_spec(precision="float32", victim={"network": network, "steps": 4})
    images = random_images(12, size=32)
    whole, sittings = train_victim(spec, 0, images, images, device=CPU), 0
    while True:
        sittings += 1
        checkpoint = Checkpoint(tmp_path / "c", until=time.monotonic())
        try:
            parts = train_victim(spec, 0, images, images, device=CPU, checkpoint=checkpoint)
        except OutOfTime:
            continue
        break
    assert sittings >= 4
    assert (parts.curve, parts.train_loss) == (whole.curve, whole.train_loss)


def test_radius_changes_the_training(digits: tuple[ImageSet, ImageSet]) -> None:
    losses = {train_victim(tiny_spec(), r, *digits, device=CPU).train_loss for r in (0, 2, 4)}
    assert len(losses) == 3


def test_a_diverged_victim_is_a_failure_and_not_protection() -> None:
    images = random_images(12)
    spec = tiny_spec(victim={"learning_rate": 1e200})
    with pytest.raises(WorkFailed, match=r"the victim's loss is .* lower victim\.learning_rate"):
        train_victim(spec, 0, images, images, device=CPU)


def test_accuracy_counts_right_answers_over_partial_batches() -> None:
    images = random_images(13)
    spec = tiny_spec()
    trainer = Trainer.new(
        spec.victim,
        spec,
        classes=3,
        shape=images.shape,
        device=CPU,
        role="victim",
        parallel=team_of(8),
    )
    guesses = trainer.frozen().logits(images.images[:].double() / 255).argmax(1)
    right = 100 * float((guesses == images.labels).double().mean())
    assert accuracy(trainer.frozen(), images.rows, spec) == pytest.approx(right)


@pytest.mark.parametrize(
    ("steps", "evaluations", "expected"),
    [(10, 2, {5, 10}), (3, 10, {1, 2, 3}), (7, 3, {2, 5, 7}), (1, 1, {1})],
)
def test_evaluations_are_even_and_end_at_the_end(
    steps: int, evaluations: int, expected: set[int]
) -> None:
    assert evaluation_steps(steps, evaluations) == expected
