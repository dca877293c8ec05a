"""The first classes of a set by the order of their names, and what their labels become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_ray.errors import BadInput

SETTING = "data.classes"


@dataclass(frozen=True)
class ClassChoice:
    """names: the classes that are taken, in their new order; position: int64, the new label of
    each old one, -1 where it is left out; note: what a fingerprint says about it."""

    names: tuple[str, ...]
    position: NDArray[np.int64]
    note: str

    @classmethod
    def first(cls, name: str, classes: Sequence[str], count: int | None) -> ClassChoice:
        """The first `count` of the image set `name`, sorted as text; None takes all as they are.

        Raises `BadInput` where there are fewer.
        """
        if count is None:
            return cls(tuple(classes), np.arange(len(classes)), "")
        if count > len(classes):
            raise BadInput(f"{SETTING}={count} is more than the {len(classes)} classes of {name}")
        order = sorted(range(len(classes)), key=lambda label: classes[label])[:count]
        position = np.full(len(classes), -1, np.int64)
        position[order] = np.arange(count)
        note = f"classes={count}" if count < len(classes) else ""
        return cls(tuple(classes[label] for label in order), position, note)

    def rows(self, name: str, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of these classes, int64, ascending. Raises `BadInput` where there are none."""
        found = np.flatnonzero(self.position[labels] >= 0).astype(np.int64)
        if not len(found):
            raise BadInput(f"{name} holds no images of its first {len(self.names)} classes")
        return found
