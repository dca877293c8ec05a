"""Properties of a generation that hold whatever the numbers are."""

from __future__ import annotations

import pytest
import torch

from sem_ray.errors import WorkFailed
from sem_ray.methods import rounded
from sem_ray.methods.alternating.engine import Engine
from sem_ray.methods.generation import generate
from sem_ray.progress import Progress
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", ["bfloat16", "float32", "float64"])
def test_same_seed_gives_the_same_bits_and_another_seed_other_noise(precision: str) -> None:
    images = random_images(13)
    first, again, other = (
        generate(tiny_spec(precision=precision, seed=seed), images, device=CPU).noise
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_number_of_threads_changes_no_bit() -> None:
    """A trial has one thread, `protect` has the machine's."""
    images = random_images(40, size=32)
    spec = tiny_spec(precision="float32", surrogate={"batch": 32, "steps": 5})
    before = torch.get_num_threads()
    found = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(generate(spec, images, device=CPU).noise)
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_result_does_not_depend_on_the_global_generator_or_leave_it_changed() -> None:
    images = random_images(13)
    torch.manual_seed(1)
    first = generate(tiny_spec(), images, device=CPU).noise
    torch.manual_seed(2)
    before = torch.get_rng_state()
    again = generate(tiny_spec(), images, device=CPU).noise
    assert torch.equal(first, again)
    assert torch.equal(before, torch.get_rng_state())


def test_every_image_gets_noise_though_rows_do_not_fill_the_last_batch() -> None:
    noise = generate(tiny_spec(), random_images(17), device=CPU).noise
    assert (noise != 0).flatten(1).any(1).all()


@pytest.mark.parametrize("radius", [1, 4, 7.6])
def test_noise_stays_within_the_radius_after_rounding(radius: float) -> None:
    noise = generate(tiny_spec(noise={"radius": radius}), random_images(13), device=CPU).noise
    assert noise.abs().max() == int(radius)


def test_rounding_is_to_the_nearest_whole_pixel_step() -> None:
    noise = torch.tensor([0.4, 0.6, -2.4, -2.6, 7.6]) / 255
    assert rounded(noise, 7.6).tolist() == [0, 1, -2, -3, 7]


def test_noise_lowers_the_surrogates_loss_on_its_images() -> None:
    """Error-minimizing is what the noise is for."""
    images = random_images(24)
    spec = tiny_spec(surrogate={"steps": 40, "batch": 24}, noise={"radius": 32, "step_size": 8})
    engine = Engine(spec, images.rows)
    for step in range(40):
        engine.step(step)
    for block in range(engine.shards.split.blocks):
        engine.final_block(block)
    network = engine.surrogate.frozen()
    clean = images.images[:].double() / 255
    noisy = (clean + engine.noise.values.double() / 255).clamp(0, 1)
    loss = torch.nn.functional.cross_entropy
    assert loss(network.logits(noisy), images.labels) < 0.5 * loss(
        network.logits(clean), images.labels
    )


def test_diverging_surrogate_ends_in_one_line_that_says_the_way_out() -> None:
    spec = tiny_spec(surrogate={"learning_rate": 1e200})
    with pytest.raises(WorkFailed, match=r"diverged; lower surrogate\.learning_rate"):
        generate(spec, random_images(13), device=CPU)


def test_progress_rises_to_the_last_step_and_block() -> None:
    seen: list[Progress] = []
    generate(tiny_spec(), random_images(13), device=CPU, sink=seen.append)
    for stage, total in (("noise", 4), ("final pass", 3)):
        counts = [p.done for p in seen if p.stage == stage]
        assert counts == sorted(set(counts)) and counts[-1] == total
    assert all(p.metrics["loss"] > 0 for p in seen if p.stage == "noise")


def test_resized_crops_train_noise_of_the_images_own_size() -> None:
    spec = tiny_spec(augmentation={"kind": "resized_crop", "size": 12})
    noise = generate(spec, random_images(13, size=16), device=CPU).noise
    assert noise.shape == (13, 3, 16, 16)
    assert noise.float().std() > 1
