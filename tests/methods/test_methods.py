"""What holds for every method, whatever it computes."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
import torch

from sem_ray import methods
from sem_ray.api.run_options import RunOptions
from sem_ray.api.settings import notices, resolve
from sem_ray.checkpoint import Checkpoint, OutOfTime
from sem_ray.methods import METHODS, method_of, noise_identity, split_of
from sem_ray.methods.generation import Generated, Generation, generate
from sem_ray.training.run_loop import Finished
from tests.methods.sharing import SHARING, own_rows, shared_noise
from tests.methods.small_runs import EM, SMALL, small
from tests.samples import random_images, tiny_spec

CPU = torch.device("cpu")


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
