"""Which rows of noise belong to which images of a set: by id, whatever the order of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_ray.data.image_set import ImageSet
from sem_ray.data.noise.noise import Noise


@dataclass(frozen=True, eq=False)
class Match:
    """Rows of the images and of the noise that belong together, int64 [m] each, in the order of
    the images; and the ids that only one side has."""

    images: NDArray[np.int64]
    noise: NDArray[np.int64]
    without_noise: tuple[str, ...]
    without_image: tuple[str, ...]


def matched(images: ImageSet, noise: Noise) -> Match:
    """Which rows belong together. If an id occurs twice in the noise, its last row counts, as in
    `protected`."""
    row_of = {name: row for row, name in enumerate(noise.ids)}
    rows = np.array([row_of.get(name, -1) for name in images.ids], np.int64)
    found = np.flatnonzero(rows >= 0)
    known = set(images.ids)
    return Match(
        images=found.astype(np.int64),
        noise=rows[found],
        without_noise=tuple(images.ids[row] for row in np.flatnonzero(rows < 0)),
        without_image=tuple(name for name in noise.ids if name not in known),
    )


def with_noise(images: ImageSet, match: Match) -> ImageSet:
    """The images that have noise, in their order."""
    if not match.without_noise:
        return images
    note = f"with_noise={len(match.images)}"
    return images.take(match.images, f"{images.note},{note}" if images.note else note)
