"""Schedules are pure functions of the step, and a step is SGD's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from sem_ray.networks import NETWORKS, FrozenTwin, build_network
from sem_ray.rng import RandomStreams
from sem_ray.spec import AttackSpec, ExperimentSpec, SurrogateSpec, TrainingSpec
from sem_ray.training import Attack, Trainer, learning_rate
from tests.samples import team_of


def test_step_schedule_decays_where_the_paper_does() -> None:
    spec = SurrogateSpec()
    rates = [learning_rate(spec, step) for step in (0, 1999, 2000, 3999, 4000, 4999)]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_cosine_schedule_falls_from_the_rate_to_nearly_zero() -> None:
    spec = TrainingSpec(steps=100, schedule="cosine", learning_rate=0.2)
    assert learning_rate(spec, 0) == pytest.approx(0.2)
    assert learning_rate(spec, 50) == pytest.approx(0.1)
    assert learning_rate(spec, 99) < 0.001


def test_constant_schedule_stays() -> None:
    spec = TrainingSpec(steps=100, schedule="constant")
    assert {learning_rate(spec, step) for step in range(100)} == {0.1}


@pytest.mark.parametrize(
    ("radius", "steps", "expected"), [(4, 10, 0.8), (8, 10, 1.6), (2, 2, 2), (0, 10, 0)]
)
def test_default_attack_step_is_the_papers_share_of_the_radius(
    radius: float, steps: int, expected: float
) -> None:
    attack = Attack.of(AttackSpec(attack_steps=steps), radius)
    assert attack.step * 255 == pytest.approx(expected)


def test_radius_zero_leaves_images_alone_and_draws_nothing() -> None:
    images = torch.rand(2, 3, 4, 4)
    stream = RandomStreams(0, torch.device("cpu")).stream("victim", 0, (2,))
    network = FrozenTwin(build_network("small", 2, 3, seed=0))
    seen = Attack(0.0, 0.0, 10).examples(network, images, torch.zeros(2).long(), stream)
    assert seen is images


def test_training_lowers_the_loss_and_the_frozen_network_follows() -> None:
    spec = TrainingSpec(network="small", steps=20, learning_rate=0.05)
    trainer = Trainer.new(
        spec,
        ExperimentSpec(),
        classes=2,
        shape=(3, 8, 8),
        device=torch.device("cpu"),
        role="victim",
        parallel=team_of(8),
    )
    images = torch.cat([torch.zeros(4, 3, 8, 8), torch.ones(4, 3, 8, 8)])
    labels = torch.arange(8) // 4
    before = trainer.frozen().logits(images).clone()
    losses = [float(trainer.step(step, [images], [labels])) for step in range(20)]
    assert losses[-1] < 0.2 * losses[0]
    assert not torch.allclose(trainer.frozen().logits(images), before)


LARGE = pytest.param("wrn-34-10", marks=pytest.mark.long)


@pytest.mark.parametrize("name", [*sorted(NETWORKS.keys() - {"wrn-34-10"}), LARGE])
def test_every_network_is_attacked_trained_and_goes_on_from_its_state(name: str) -> None:
    """In bfloat16, where a pass runs through every layer in two formats, and in two parts."""
    run = ExperimentSpec(precision="bfloat16")
    spec = TrainingSpec(network=name, steps=2, learning_rate=0.01)
    generator = torch.Generator().manual_seed(0)
    # Below 64 pixels the ImageNet stem leaves maps of one value, which BatchNorm makes infinite.
    side = 64 if name == "resnet18-imagenet" else 8
    images, labels = torch.rand(4, 3, side, side, generator=generator), torch.arange(4) % 2

    def trainer() -> Trainer:
        shape, device = (3, side, side), torch.device("cpu")
        parallel = team_of(4, shards=2)
        return Trainer.new(
            spec, run, classes=2, shape=shape, device=device, role="victim", parallel=parallel
        )

    trained, resumed = trainer(), trainer()
    stream = RandomStreams(0, torch.device("cpu")).stream("victim", 0, [4])
    attacked = Attack(8 / 255, 4 / 255, 1).examples(trained.frozen(), images, labels, stream)
    assert 0 < float((attacked - images).abs().max()) <= 8 / 255 + 1e-6
    parts = torch.split(attacked, 2), torch.split(labels, 2)
    assert float(trained.step(0, *parts).sum()) > 0
    resumed.load({key: tensor.clone() for key, tensor in trained.state().items()})
    again = [
        float(each.step(1, torch.split(attacked, 2), torch.split(labels, 2)).sum())
        for each in (trained, resumed)
    ]
    assert again[0] == again[1]
    logits = [each.frozen().logits(images) for each in (trained, resumed)]
    assert torch.equal(*logits)


class Dropping(nn.Module):
    """Half of the pixels' means, and a weight, for a trainer needs one."""

    def __init__(self) -> None:
        super().__init__()
        self.drop, self.head = nn.Dropout(0.5), nn.Linear(3, 2)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.drop(images.mean((2, 3))))
        return logits


def test_what_is_dropped_follows_from_role_and_step() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(8, 3, 4, 4, generator=generator)

    def loss(role: str, step: int) -> float:
        torch.manual_seed(1)
        spec = TrainingSpec(steps=9)
        trainer = Trainer(spec, Dropping(), "float32", team_of(8), role=role)
        return float(trainer.step(step, [images], [torch.arange(8) % 2]))

    found = [loss(role, step) for role in ("victim", "surrogate") for step in range(3)]
    assert len(set(found)) == 6
    assert found == [loss(role, step) for role in ("victim", "surrogate") for step in range(3)]


def test_nesterov_without_momentum_is_plain_descent() -> None:
    """As a sweep over `momentum` would ask for."""
    spec = TrainingSpec(network="small", steps=1, momentum=0, nesterov=True)
    network = build_network("small", 2, 3, seed=0)
    trainer = Trainer(spec, network, "float32", team_of(4), role="victim")
    assert float(trainer.step(0, [torch.rand(4, 3, 8, 8)], [torch.arange(4) % 2])) > 0
