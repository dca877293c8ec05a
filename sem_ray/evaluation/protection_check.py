"""A short check of noise: a small victim on its images, clean and protected."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_ray.data import Dataset, ImageSet, Noise
from sem_ray.data.selection import balanced_rows
from sem_ray.errors import BadInput
from sem_ray.evaluation.comparison import Answer, Comparison, chance_level, compared
from sem_ray.metrics.statistics import Estimate
from sem_ray.pipeline import Backend, evaluate_noise
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec, VictimSpec
from sem_ray.store import Store

Rows = NDArray[np.int64]

NETWORK = "small"
STEPS = 150
"""At most; fewer if the settings train their victims for less. Two such trainings are about a tenth
of what SEM noise costs under the preset quick, and far less of it under the others."""
BATCH = 128
TRAIN_IMAGES = 10_000
"""At most: more than that the steps would hardly see twice."""
TEST_IMAGES = 2_000
"""At most: Wilson's interval is then within ±2.2 points."""
HELD_OUT = 5
"""One training image of this many is held out if there is no test split."""
LEAST = 10
"""Held-out images: from fewer, hardly any interval could decide."""


@dataclass(frozen=True)
class ShortCheck:
    """What the check found, and on what. It is about standard training, and about one run of it."""

    comparison: Comparison
    steps: int
    train_images: int
    test_images: int
    held_out: bool
    """Whether the test images were held out from training, for want of a test split."""
    seconds: float

    @property
    def answer(self) -> Answer:
        return self.comparison.answer or "cannot be told"

    @property
    def sentence(self) -> str:
        """The answer and its accuracies in one plain sentence."""
        start = {
            "protects": "the noise protects",
            "does not protect": "the noise does not protect",
            "cannot be told": "whether the noise protects cannot be told",
        }[self.answer]
        tests = "held-out" if self.held_out else "test"
        found = self.comparison
        return (
            f"{start}: a small network trained on the protected images is right on "
            f"{_figure(found.protected)} of {self.test_images:,} {tests} images, one trained on "
            f"clean images on {_figure(found.clean)}; chance is {found.chance:.1f}%"
        )


def short_check(
    spec: ExperimentSpec,
    data: Dataset,
    noise: Noise,
    store: Store,
    *,
    backend: Backend,
    sink: ProgressSink = silent,
) -> ShortCheck:
    """Train a small network on the images of `data.train`, clean and protected by `noise`, and
    test both on the same clean images, to the same result for the same seed.

    Finished victims come from the store. Raises `BadInput` if there is no test split and too few
    training images to hold some out, `WorkFailed` if a loss stops being a number.
    """
    small, part = check_spec(spec), _parts(data, spec.data.seed)
    test = part.require_test()

    def told(progress: Progress) -> None:
        sink(replace(progress, stage=f"check: {progress.stage}"))

    (row,) = evaluate_noise(small, part, store, noise, (0,), backend=backend, sink=told)
    return ShortCheck(
        comparison=compared([row], chance_level(test), len(test)),
        steps=small.victim.steps,
        train_images=len(part.train),
        test_images=len(test),
        held_out=data.test is None,
        seconds=sum(victim.seconds for victim in (row.clean, row.protected) if victim),
    )


def check_spec(spec: ExperimentSpec) -> ExperimentSpec:
    """Settings of the check: of `spec`, the augmentation, the seed, and steps if they are fewer."""
    victim = VictimSpec(
        network=NETWORK,
        steps=min(STEPS, spec.victim.steps),
        batch=BATCH,
        nesterov=True,
        schedule="cosine",
        radii=(0,),
        evaluations=1,
    )
    return ExperimentSpec(
        data=spec.data, augmentation=spec.augmentation, victim=victim, shards=1, seed=spec.seed
    )


def _parts(data: Dataset, seed: int) -> Dataset:
    """At most as many images as the check looks at; held-out ones in place of a missing split."""
    train, test = data.train, data.test
    if test is None:
        train, test = _split(train, seed)
    return Dataset(_at_most(train, TRAIN_IMAGES, seed), _at_most(test, TEST_IMAGES, seed))


def can_check(data: Dataset) -> bool:
    """Whether there are test images, or training images enough to hold some out."""
    return data.test is not None or _held_out(data.train, 0) is not None


def _held_out(images: ImageSet, seed: int) -> Rows | None:
    """Rows of a seeded, class-balanced part of `images`, one in `HELD_OUT`: int64 ascending. None
    if that is fewer than `LEAST`, or a class would have no image left to train on."""
    labels = images.labels.cpu().numpy()
    held = balanced_rows(labels, len(images) // HELD_OUT, seed)
    rest = np.delete(labels, held)
    enough = len(held) >= LEAST and len(np.unique(rest)) == len(np.unique(labels))
    return held if enough else None


def _split(images: ImageSet, seed: int) -> tuple[ImageSet, ImageSet]:
    held = _held_out(images, seed)
    if held is None:
        raise BadInput(
            f"{images.name} has no test images, and {len(images):,} training images are too few to "
            "hold some out for a check; add images, or leave the check out with --no-check"
        )
    rest = np.setdiff1d(np.arange(len(images)), held)
    return _taken(images, rest, f"held_out={len(held)}"), _taken(images, held, "held out")


def _at_most(images: ImageSet, count: int, seed: int) -> ImageSet:
    if len(images) <= count:
        return images
    rows = balanced_rows(images.labels.cpu().numpy(), count, seed)
    return _taken(images, rows, f"check={count}")


def _taken(images: ImageSet, rows: Rows, note: str) -> ImageSet:
    return images.take(rows, ",".join(part for part in (images.note, note) if part))


def _figure(found: Estimate | None) -> str:
    return "?" if found is None else f"{found.value:.1f}% ({found.low:.1f} to {found.high:.1f})"
