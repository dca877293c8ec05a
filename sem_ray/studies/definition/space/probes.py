"""Which values of a space are tried for being experiments before a study begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import isqrt
from typing import Any

from sem_ray.studies.definition.space.conditions import reaching
from sem_ray.studies.definition.space.distributions import Space, Values

MOST_PAIRS = 2000
"""Of values; each takes a tenth of a millisecond, and a study with more is checked in part."""


@dataclass(frozen=True)
class Probe:
    """Values of some settings, and of the parents with which they are searched."""

    paths: tuple[str, ...]
    values: Values


def singles(space: Space) -> Iterator[Probe]:
    """Each extreme and choice of each setting."""
    for path, distribution in space.items():
        for value in distribution.probes():
            yield from _probe(space, {path: value})


def pairs(space: Space) -> Iterator[Probe]:
    """Extremes and choices of each two settings that a trial may search together, at most
    `MOST_PAIRS`: of long lists the first, the last and some between them."""
    each = max(1, isqrt(MOST_PAIRS // max(1, len(space) * (len(space) - 1) // 2)))
    for one, other in combinations(space, 2):
        some = (_spread(space[path].probes(), each) for path in (one, other))
        for a, b in product(*some):
            yield from _probe(space, {one: a, other: b})


def _probe(space: Space, fixed: Values) -> Iterator[Probe]:
    values = reaching(space, fixed)
    if values is not None:
        yield Probe(tuple(fixed), values)


def _spread(values: Sequence[Any], most: int) -> list[Any]:
    """At most `most` of the values, the ends among them."""
    if len(values) <= most:
        return list(values)
    last = len(values) - 1
    return [values[round(n * last / max(1, most - 1))] for n in range(most)]
