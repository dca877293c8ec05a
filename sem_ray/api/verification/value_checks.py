"""Whether the values of noise are what they should be, and what they do to the images."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sem_ray.api.pairing import Paired
from sem_ray.api.verification.check import Check, Status, counted
from sem_ray.countermeasures import grey, jpeg
from sem_ray.data import ImageSet, Noise, add_noise
from sem_ray.data.noise.matching import with_noise
from sem_ray.data.selection import balanced_rows
from sem_ray.metrics import Changes, changes, left_by, separability
from sem_ray.metrics.statistics import accuracy_estimate

SEED = 0
SAMPLE = 1000
"""Images that are put through filters."""
LITTLE = 0.3
"""Share of the noise that must be left, or a filter is said to take most of it. Grayscale leaves a
third of noise whose channels have nothing to do with each other."""
ABOVE_CHANCE = 0.1
"""Share of the way from chance to 100% that noise in its images' order is sure to exceed."""
QUALITY = 10


def value_checks(pair: Paired) -> tuple[Check, ...]:
    images, values = _both(pair)
    found = changes(images.images, values)
    return (
        *_as_written(pair.noise),
        _radius(pair),
        _effective(pair, found),
        _saturated(found),
        _unchanged(images, found),
        _flat(images, found),
        _empty_classes(images),
    )


def _as_written(noise: Noise) -> tuple[Check, ...]:
    """Whether the values are those that were written; earlier versions wrote no digest."""
    wanted = noise.manifest.values_sha256
    if wanted is None:
        return ()
    same = noise.digest == wanted
    return (
        Check(
            "digest",
            "ok" if same else "fail",
            float(same),
            f"SHA-256 {noise.digest[:12]}…",
            "the values are those that were written" if same else f"it was {wanted[:12]}…",
        ),
    )


def separability_check(pair: Paired) -> Check:
    """Noise that says nothing of its images' classes is a sign of rows in another order."""
    images, values = _both(pair)
    found = separability(values, images.labels, seed=SEED)
    others = accuracy_estimate(found.others, found.rows - found.rows_fitted)
    told = others.high >= found.chance + ABOVE_CHANCE * (100 - found.chance)
    meaning = (
        "classes told by the noise alone" if told else "no class told: noise in another order?"
    )
    return Check(
        "linear separability",
        "ok" if told else "warn",
        found.others,
        f"{found.fitted:.1f}% fitted, {found.others:.1f}% others",
        f"{meaning}; {found.chance:.1f}% by chance ({found.rows:,} rows)",
    )


def filter_checks(pair: Paired) -> tuple[Check, ...]:
    """How much of the noise itself is left once images are filtered. That is not how much they
    are protected: only victims trained on filtered images tell that."""
    images, values = _both(pair)
    rows = torch.from_numpy(balanced_rows(images.labels.numpy(), SAMPLE, SEED))
    clean = images.images[rows]
    shielded = add_noise(clean, values[rows])
    shares = {
        "noise left by grayscale": left_by(grey, clean, shielded),
        f"noise left by JPEG {QUALITY}": left_by(lambda part: jpeg(part, QUALITY), clean, shielded),
    }
    return tuple(
        Check(
            name,
            "warn" if share < LITTLE else "ok",
            share,
            f"{share:.0%}",
            f"of the noise itself ({len(rows):,} images); whether it protects, victims tell",
        )
        for name, share in shares.items()
    )


def _both(pair: Paired) -> tuple[ImageSet, Tensor]:
    """The images that have noise, and their noise, row by row."""
    rows, values = pair.match.noise, pair.noise.values
    in_order = len(rows) == len(values) and bool((rows == np.arange(len(rows))).all())
    images = with_noise(pair.images, pair.match)
    return images, values if in_order else values[torch.from_numpy(rows)]


def _radius(pair: Paired) -> Check:
    largest, radius = pair.noise.largest, pair.noise.manifest.radius
    status: Status = "fail" if largest > radius else "warn" if largest < int(radius) else "ok"
    meaning = {
        "fail": "noise goes beyond the radius the manifest gives",
        "warn": "no value reaches the radius the manifest gives",
        "ok": "largest value of the noise, within the manifest's radius",
    }[status]
    return Check("radius", status, largest, f"{largest} of {radius:g}/255", meaning)


def _effective(pair: Paired, found: Changes) -> Check:
    status: Status = "fail" if found.largest > pair.noise.manifest.radius else "ok"
    figure = f"{found.largest}/255, mean {found.effective:.2f}/255"
    return Check(
        "effective radius", status, found.largest, figure, "change of a pixel once clipped"
    )


def _saturated(found: Changes) -> Check:
    half_lost = found.effective < found.nominal / 2
    meaning = f"of the values were clipped; mean change {found.nominal:.2f}/255 without"
    status: Status = "warn" if half_lost else "ok"
    return Check("saturated", status, found.cut, f"{found.cut:.1%}", meaning)


def _unchanged(images: ImageSet, found: Changes) -> Check:
    whole = _whole_classes(images.labels, found.unchanged)
    meaning = "images whose noise is zero, or all clipped" + _named(images, whole)
    bad: Status = "fail" if whole else "warn"
    return counted("unchanged images", int(found.unchanged.sum()), len(images), bad, meaning)


def _flat(images: ImageSet, found: Changes) -> Check:
    whole = _whole_classes(images.labels, found.flat)
    meaning = "protected images of one colour, as black" + _named(images, whole)
    bad: Status = "fail" if whole else "warn"
    return counted("constant images", int(found.flat.sum()), len(images), bad, meaning)


def _empty_classes(images: ImageSet) -> Check:
    present = set(images.labels.tolist())
    empty = [label for label in range(len(images.classes)) if label not in present]
    meaning = "classes without a protected image" + _named(images, empty)
    return counted("empty classes", len(empty), len(images.classes), "warn", meaning)


def _whole_classes(labels: Tensor, marked: Tensor) -> list[int]:
    """Labels whose images are all marked."""
    spared = set(labels[~marked].tolist())
    return sorted(set(labels.tolist()) - spared)


def _named(images: ImageSet, labels: list[int]) -> str:
    if not labels:
        return ""
    more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
    return f"; all of class {images.classes[labels[0]]}{more}"
