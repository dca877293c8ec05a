"""What each method computes, against itself written plainly; and what holds for all of them."""

from __future__ import annotations

import ast
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sem_ray import methods
from sem_ray.api.run_options import RunOptions
from sem_ray.api.settings import notices, resolve
from sem_ray.checkpoint import Checkpoint, OutOfTime
from sem_ray.errors import BadInput
from sem_ray.methods import METHODS, method_of, noise_identity, split_of
from sem_ray.methods.alternating.engine import Engine
from sem_ray.methods.generation import Generated, Generation, generate
from sem_ray.methods.neural_tangent import KERNELS
from sem_ray.methods.ntga import loss_gradient, predicted
from sem_ray.methods.shortcut import patched
from sem_ray.metrics import separability
from sem_ray.progress import Progress
from sem_ray.training.run_loop import Finished
from tests.methods.naive_methods import NaiveEM, NaiveTAP, naive_ntga_gradient
from tests.methods.sharing import SHARING, own_rows, shared_noise
from tests.methods.small_runs import EM, SMALL, small
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["em", "em class-wise"])
def test_em_is_the_naive_one_bit_for_bit(name: str) -> None:
    spec, images = small(name), random_images(13)
    assert torch.equal(generate(spec, images, device=CPU).noise, NaiveEM(spec, images).run())


def test_em_stops_as_soon_as_its_surrogate_hardly_errs() -> None:
    settings = {"train_steps": 10, "steps": 5, "loops": 50, "stop_error": 10}
    changes: dict[str, Any] = {"method": "em", "em": settings, "radius": 32}
    spec, images = tiny_spec(noise=changes, surrogate={"batch": 13}), random_images(13)
    naive, seen = NaiveEM(spec, images), list[Progress]()
    found = generate(spec, images, device=CPU, sink=seen.append)
    assert torch.equal(found.noise, naive.run())
    assert 0 < naive.loops < 50
    assert seen[-1].done == seen[-1].total and seen[-1].metrics["error"] < 10


def test_members_stop_by_the_error_of_all_and_not_by_their_own() -> None:
    """After the first loop each member errs on less than 15% of all images, together on more."""
    settings = {"train_steps": 2, "steps": 2, "loops": 12, "stop_error": 15}
    noise = {"method": "em", "em": settings, "radius": 32}
    spec = tiny_spec(noise=noise, shards=4, surrogate={"batch": 12, "learning_rate": 0.03})
    images = random_images(24)
    seen: list[Progress] = []
    alone = generate(spec, images, device=CPU, sink=seen.append).noise
    assert 0 < seen[-1].metrics["error"] < 15
    state = shared_noise(spec, images, SHARING[2])
    assert torch.equal(Generated.of(Finished(state, 0.0, 0.0)).noise, alone)


def test_class_wise_noise_is_one_a_class() -> None:
    images = random_images(13)
    noise = generate(small("em class-wise"), images, device=CPU).noise
    for label in range(3):
        own = noise[images.labels == label]
        assert (own == own[0]).all()
    assert len({row.numpy().tobytes() for row in noise}) == 3


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


def test_em_noise_of_parity_is_optimised_on_augmented_views() -> None:
    images = random_images(13)
    plain = {"kind": "crop_flip", "padding": 0, "flip": False}
    for name in ("em", "em class-wise"):
        still = small(f"{name} parity", augmentation=plain)
        fixed = generate(small(name), images, device=CPU).noise
        assert torch.equal(generate(still, images, device=CPU).noise, fixed)
        moved = generate(small(f"{name} parity"), images, device=CPU).noise
        assert not torch.equal(moved, fixed)


def test_tap_is_the_naive_one_bit_for_bit() -> None:
    spec, images = small("tap"), random_images(13)
    assert torch.equal(generate(spec, images, device=CPU).noise, NaiveTAP(spec, images).run())


@pytest.mark.parametrize("predictor", ["fnn", "cnn"])
def test_ntgas_gradient_is_that_of_the_closed_form_by_plain_autograd(
    predictor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In chunks, against the whole at once with a matrix exponential and a solved system."""
    monkeypatch.setattr("sem_ray.methods.ntga.VALUES", 2000)
    images = random_images(7).images[:].double() / 255
    labels = torch.nn.functional.one_hot(torch.arange(7) % 3, 3)
    noise = (torch.rand(images.shape, generator=torch.Generator().manual_seed(3)) - 0.5).double()
    noise = noise / 8
    theirs = naive_ntga_gradient(KERNELS[predictor], images, noise, labels, time=64)
    ours = loss_gradient(predictor, images, noise, labels, 64)
    assert theirs.abs().max() > 1e-6
    assert (ours - theirs).abs().max() < 1e-9


def test_ntga_raises_the_predictors_loss_on_clean_images() -> None:
    images = random_images(16)
    spec = tiny_spec(noise={"method": "ntga", "radius": 16}, shards=1)
    noise = generate(spec, images, device=CPU).noise
    clean = images.images[:].double() / 255
    labels = torch.nn.functional.one_hot(images.labels, 3)

    def loss(trained_on: torch.Tensor) -> float:
        trained, tested = (KERNELS["fnn"](left, trained_on) for left in (trained_on, clean))
        return float((predicted(trained, tested, labels, 64) - labels).square().mean())

    random = (noise.double() / 255)[torch.randperm(16, generator=torch.Generator().manual_seed(1))]
    assert loss((clean + noise.double() / 255).clamp(0, 1)) > 1.1 * loss(clean)
    assert loss((clean + noise.double() / 255).clamp(0, 1)) > loss((clean + random).clamp(0, 1))


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 8, 8), (3, 30, 46)])
def test_patches_have_the_published_norm_and_whole_numbers_move_it_little(
    shape: tuple[int, int, int],
) -> None:
    channels, height, width = shape
    drawn = np.random.default_rng(0).standard_normal((200, 16 * channels))
    values = patched(drawn, shape, 6.0)
    wanted = 6 / 255 * np.sqrt(channels * height * width)
    assert np.allclose(np.linalg.norm(values.reshape(200, -1) / 255, axis=1), wanted)
    rounded = np.linalg.norm(values.round().reshape(200, -1) / 255, axis=1)
    assert np.abs(rounded / wanted - 1).max() < 0.07
    assert 1 < rounded.mean() / wanted < 1.005
    patch = values[:, :, : height // 4, : width // 4]
    assert (patch == patch[:, :, :1, :1]).all()


def test_the_norm_on_cifars_images_is_1_304() -> None:
    values = patched(np.random.default_rng(0).standard_normal((4, 48)), (3, 32, 32), 6.0)
    assert np.linalg.norm(values[0] / 255) == pytest.approx(1.304, abs=5e-4)


def test_patches_are_linearly_separable_exactly() -> None:
    """One linear layer fitted to some rows is right about all others."""
    images = random_images(600, classes=10, size=32)
    spec = tiny_spec(noise={"method": "shortcut"}, shards=4)
    noise = generate(spec, images, device=CPU).noise
    found = separability(noise, images.labels, seed=0)
    assert (found.fitted, found.others) == (100, 100)


@pytest.mark.parametrize("name", SMALL)
def test_any_method_gives_the_same_bits_however_many_share_it(name: str) -> None:
    spec, images = small(name, shards=4, precision="float32"), random_images(23)
    alone = generate(spec, images, device=CPU).noise
    for sharing in SHARING:
        state = shared_noise(spec, images, sharing)
        assert torch.equal(Generated.of(Finished(state, 0.0, 0.0)).noise, alone), sharing


STEPS = 2 * 6
"""Images of two steps on batches of 6."""
WORK = {
    "rem": STEPS + 13,
    "parity": STEPS + 13,
    "em": 2 * (STEPS + 13 + 13),
    "em parity": 2 * (STEPS + 13 + 13),
    "em class-wise": 2 * (STEPS + 2 * 13 + 13),
    "em class-wise parity": 2 * (STEPS + 2 * 13 + 13),
    "shortcut": 13,
    "ntga fnn": 13,
    "ntga cnn": 13,
    "tap": STEPS + 2 * 13,
}
"""Images that all units of a method are for, of 13."""


@pytest.mark.parametrize("name", SMALL)
def test_units_say_how_many_images_they_are_for(name: str) -> None:
    """As many for one as for those who share them; no noise is made, only counted."""
    spec, images = small(name), random_images(13)
    split = split_of(spec, len(images))
    alone, *shared = (
        Generation(spec, own_rows(images, split, owned), split, owned)
        for owned in ((0, 1), (0,), (1,))
    )
    units = range(alone.schedule.total)
    for unit in units:
        own = [executor.method_run.images(unit) for executor in shared]
        assert alone.method_run.images(unit) == sum(own)
    assert sum(map(alone.method_run.images, units)) == WORK[name]


def test_a_report_counts_the_images_of_the_units_that_were_done() -> None:
    """And not of those that a method left undone because it was finished."""
    easy = {"method": "em", "em": {**EM, "loops": 50, "stop_error": 100}, "radius": 32}
    executor = Generation(tiny_spec(noise=easy), random_images(13).rows)
    counted = 0
    while executor.done < executor.schedule.total:
        counted += executor.advance(executor.schedule.total).images
    assert counted == STEPS + 13 + 13


def test_an_engine_is_of_an_alternating_method() -> None:
    with pytest.raises(BadInput, match=r"'em' does not alternate .*, as sem and rem do"):
        Engine(small("em"), random_images(13).rows)


@pytest.mark.parametrize("name", SMALL)
def test_any_method_in_single_units_gives_the_same_bits(name: str, tmp_path: Path) -> None:
    spec, images = small(name), random_images(13)
    sittings = 0
    while True:
        sittings += 1
        checkpoint = Checkpoint(tmp_path / "c", until=time.monotonic())
        try:
            parts = generate(spec, images, device=CPU, checkpoint=checkpoint)
        except OutOfTime:
            continue
        break
    assert sittings >= Generation(spec, images.rows).schedule.total
    assert torch.equal(parts.noise, generate(spec, images, device=CPU).noise)


@pytest.mark.parametrize("name", SMALL)
def test_a_bounded_methods_noise_reaches_every_image_and_stays_within(name: str) -> None:
    spec = small(name)
    noise = generate(spec, random_images(13), device=CPU).noise
    # Parity may leave rows out that no step came to.
    assert name == "parity" or (noise != 0).flatten(1).any(1).all()
    if method_of(spec).bounded:
        assert noise.abs().max() <= 8


def test_a_seventh_method_is_the_file_and_the_line_of_the_docs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "methods.md").read_text(encoding="utf-8")
    file, line = (block.split("```")[0] for block in page.split("```python\n")[1:3])
    (tmp_path / "uniform.py").write_text(file, encoding="utf-8")
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    for name, place in ast.literal_eval(f"{{{line}}}").items():
        monkeypatch.setitem(METHODS, name, place)
    spec, images = tiny_spec(noise={"method": "uniform"}, shards=4), random_images(23)
    assert noise_identity(spec, "images") != noise_identity(tiny_spec(shards=4), "images")
    asked = RunOptions(settings=["noise.method=uniform", "noise.steps=9"])
    (notice,) = notices(resolve("digits", asked))
    assert notice == "noise.method uniform does not look at noise.steps"
    alone = generate(spec, images, device=CPU).noise
    assert alone.abs().max() == 8
    state = shared_noise(spec, images, SHARING[-1])
    assert torch.equal(Generated.of(Finished(state, 0.0, 0.0)).noise, alone)
