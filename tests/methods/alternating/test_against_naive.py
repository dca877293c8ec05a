"""The engine computes what docs/algorithm.md says, to the last bit of the int8 noise."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from sem_ray.augment import draw_views
from sem_ray.errors import BadInput
from sem_ray.methods.alternating.engine import Engine
from sem_ray.methods.alternating.noise_phase import NoisePhase, noise_gradient
from sem_ray.methods.alternating.perturbations import PERTURBATIONS
from sem_ray.methods.generation import generate
from sem_ray.spec import ExperimentSpec, Phase
from tests.methods.naive import NaiveSem
from tests.methods.small_runs import small
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("step", [0, 3])
def test_noise_gradient_agrees_to_1e_9(step: int) -> None:
    spec, images = tiny_spec(), random_images(13)
    engine, naive = Engine(spec, images.rows), NaiveSem(spec, images)
    for earlier in range(step):
        engine.step(earlier)
        naive.step(earlier)
    (batch,) = naive.shards.training_parts("generation", step)
    noise = torch.rand(len(batch.rows), *images.shape).double() * 16 / 255 - 8 / 255
    theirs = naive.noise_gradient(batch, noise, naive.shards.stream("noise", step, batch))
    ours = engine_gradient(engine, naive, noise, step)
    assert theirs.abs().max() > 1e-6
    assert (ours - theirs).abs().max() < 1e-9


def engine_gradient(
    engine: Engine, naive: NaiveSem, noise: torch.Tensor, step: int
) -> torch.Tensor:
    """The engine's gradient at `noise` with the stream of `step` from its beginning."""
    spec, images = engine.spec, engine.rows
    phase = NoisePhase.of(spec, spec.noise.alternating.steps, PERTURBATIONS["random"])
    (batch,) = naive.shards.training_parts("generation", step)
    stream = naive.shards.stream("noise", step, batch)
    network = engine.surrogate.frozen()
    pixels = images.images[batch.rows].double() / 255
    views = draw_views(spec.augmentation, stream, spec.noise.alternating.samples, pixels)

    def perturb(seen: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return phase.perturbation(network, seen, targets, phase.attack, stream)

    return noise_gradient(network, pixels, noise, images.labels[batch.rows], views, perturb)


@pytest.mark.parametrize(
    "spec",
    [
        tiny_spec(),
        tiny_spec(seed=5, shards=3, noise={"samples": 1, "perturbation_scale": 2.5}),
        tiny_spec(noise={"radius": 20, "step_size": None, "perturbation_scale": 0}),
    ],
    ids=["as it is", "other shards, one sample", "no perturbation"],
)
def test_int8_noise_of_a_whole_run_is_the_same_bit_for_bit(spec: ExperimentSpec) -> None:
    images = random_images(13)
    assert torch.equal(generate(spec, images, device=CPU).noise, NaiveSem(spec, images).run())


GRID = [(n, s) for n in get_args(Phase) for s in get_args(Phase)]


@pytest.mark.parametrize(("noise", "surrogate"), GRID)
def test_every_cell_of_the_phase_grid_is_the_naive_one_bit_for_bit(
    noise: str, surrogate: str
) -> None:
    phases = {"noise_phase": noise, "surrogate_phase": surrogate, "steps": 2, "final_steps": 2}
    spec = tiny_spec(noise=phases, surrogate={"steps": 2})
    images = random_images(13)
    naive = NaiveSem(spec, images, noise_against=noise, surrogate_against=surrogate)
    assert torch.equal(generate(spec, images, device=CPU).noise, naive.run())


def test_rem_is_the_cell_of_adversarial_phases() -> None:
    images = random_images(13)
    cell, sem = tiny_spec(noise={"noise_phase": "adversarial"}), tiny_spec()
    rem = generate(tiny_spec(noise={"method": "rem"}), images, device=CPU).noise
    assert torch.equal(rem, generate(cell, images, device=CPU).noise)
    assert not torch.equal(rem, generate(sem, images, device=CPU).noise)


def test_surrogate_after_a_run_is_the_same_to_rounding() -> None:
    spec, images = tiny_spec(), random_images(13)
    engine, naive = Engine(spec, images.rows), NaiveSem(spec, images)
    for step in range(4):
        engine.step(step)
        naive.step(step)
    for ours, theirs in zip(
        engine.surrogate.network.parameters(), naive.network.parameters(), strict=True
    ):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-10)


def test_parity_leaves_the_rest_of_a_shuffled_pass_with_stale_noise() -> None:
    """13 rows in batches of 6: one row keeps what the steps stored for it."""
    images = random_images(13)
    spec = tiny_spec(noise={"parity": {"drop_last": True}}, surrogate={"steps": 6})
    ours, fixed = generate(spec, images, device=CPU).noise, tiny_spec(surrogate={"steps": 6})
    other = (ours != generate(fixed, images, device=CPU).noise).flatten(1).any(1)
    assert int(other.sum()) == 1
    engine = Engine(spec, images.rows)
    for step in range(6):
        engine.step(step)
    assert torch.equal(ours[other], engine.noise.values[other])


def test_an_engine_is_of_an_alternating_method() -> None:
    with pytest.raises(BadInput, match=r"'em' does not alternate .*, as sem and rem do"):
        Engine(small("em"), random_images(13).rows)
