"""How much of the space of costs a set of points dominates."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = Sequence[float]
"""Costs by objective, smaller is better."""


def hypervolume(points: Sequence[Point], reference: Point) -> float:
    """The volume between `points` and `reference` that at least one point dominates (Zitzler and
    Thiele, IEEE Transactions on Evolutionary Computation 3(4), 1999), in the product of the
    objectives' units. A point that is not better than the reference in every objective adds
    nothing.

    Exact, by slices along the last objective (Knowles, PhD thesis, 2002), which suits fronts of up
    to hundreds of points and four objectives. Raises `ValueError` if a point has another number of
    costs than the reference.
    """
    pairs = [tuple(zip(point, reference, strict=True)) for point in points]
    inside = {tuple(cost for cost, _ in pair) for pair in pairs if all(c < r for c, r in pair)}
    return _volume(sorted(inside, key=lambda point: point[-1]), tuple(reference))


def _volume(points: Sequence[tuple[float, ...]], reference: tuple[float, ...]) -> float:
    """Of points that are all better than the reference, by their last costs."""
    if not points:
        return 0.0
    if len(reference) == 1:
        return reference[0] - points[0][0]
    ends = [*(point[-1] for point in points[1:]), reference[-1]]
    slices: list[float] = []
    flat: list[tuple[float, ...]] = []
    for point, end in zip(points, ends, strict=True):
        flat.append(point[:-1])
        if end > point[-1]:
            flat = _not_dominated(flat)
            slices.append((end - point[-1]) * _volume(flat, reference[:-1]))
    return math.fsum(slices)


def _not_dominated(points: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Points that add to the volume, by their last costs."""
    kept: list[tuple[float, ...]] = []
    for point in sorted(set(points), key=lambda costs: costs[::-1]):
        if not any(all(a <= b for a, b in zip(other, point, strict=True)) for other in kept):
            kept.append(point)
    return kept
