"""Seeded, class-balanced subsets, chosen from the labels alone so that nothing else is decoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_ray.data.class_choice import ClassChoice
from sem_ray.errors import BadInput
from sem_ray.rng import numpy_generator


def balanced_rows(labels: NDArray[np.int64], limit: int, seed: int) -> NDArray[np.int64]:
    """Rows of a class-balanced subset: int64 [min(limit, N)], ascending, for labels int64 [N].

    Class counts differ by at most one where the classes hold enough; a short class gives all it
    has and the others fill up. With the same seed a smaller limit's rows are among a larger's.
    """
    classes, position = np.unique(labels, return_inverse=True)
    turn = numpy_generator(seed, "subset", "turns").permutation(len(classes))
    rank = np.empty(len(labels), np.int64)
    for index, label in enumerate(classes.tolist()):
        members = np.flatnonzero(position == index)
        rank[members] = numpy_generator(seed, "subset", label).permutation(len(members))
    order = np.lexsort((turn[position], rank))
    return np.sort(order[:limit]).astype(np.int64)


@dataclass(frozen=True)
class Limit:
    """At most `size` images of a split (None: all); `setting` is what the user calls it."""

    size: int | None
    seed: int
    setting: str

    @property
    def note(self) -> str:
        """What a fingerprint says about the subset."""
        return f"limit={self.size},seed={self.seed}"

    def rows(self, name: str, labels: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """The chosen rows of the set `name`, or None where the limit leaves nothing out.

        Raises `BadInput` where some class would get no image.
        """
        if self.size is None or self.size >= len(labels):
            return None
        classes = len(np.unique(labels))
        if self.size < classes:
            raise BadInput(
                f"{self.setting}={self.size} is fewer images than the {classes} classes of {name}; "
                f"take {classes} or more"
            )
        return balanced_rows(labels, self.size, self.seed)


@dataclass(frozen=True)
class Chosen:
    """What is taken of a split: rows int64 ascending, their labels among the classes that are
    taken, and what a fingerprint says is left out."""

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    note: str


def chosen(name: str, labels: NDArray[np.int64], classes: ClassChoice, limit: Limit) -> Chosen:
    """The classes first, then the limit. Raises `BadInput` as those two do."""
    rows = classes.rows(name, labels)
    kept = classes.position[labels[rows]]
    within = limit.rows(name, kept)
    if within is None:
        return Chosen(rows, kept, classes.note)
    note = ",".join(part for part in (classes.note, limit.note) if part)
    return Chosen(rows[within], kept[within], note)
