"""An order of points with several costs: by front, and within a front by how alone they stand
(NSGA-II: Deb et al., IEEE Transactions on Evolutionary Computation 6(2), 2002)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""[points, objectives], smaller is better."""


def fronts(costs: Matrix) -> list[NDArray[np.intp]]:
    """The points' numbers front by front: no point of the first is dominated, none of the second
    by any but the first, and so on. Equal points share a front."""
    left = np.arange(len(costs))
    found = []
    while len(left):
        front = left[_not_dominated(costs[left])]
        found.append(front)
        left = np.setdiff1d(left, front, assume_unique=True)
    return found


def _not_dominated(costs: Matrix) -> NDArray[np.bool_]:
    """Which points no other one dominates. In the order of their first costs, then the next, only
    an earlier point can dominate a later one, and then one that is not dominated itself does."""
    order = np.lexsort(costs.T[::-1])
    kept = np.zeros(len(costs), dtype=bool)
    front = np.empty((0, costs.shape[1]))
    for place in order:
        own = costs[place]
        if not ((front <= own).all(1) & (front < own).any(1)).any():
            kept[place] = True
            front = np.vstack([front, own])
    return kept


def crowding(costs: Matrix) -> NDArray[np.float64]:
    """For each point of one front the sum over the objectives of the distance between its two
    neighbours, as a share of the front's range; infinite for the best and worst in any."""
    distance = np.zeros(len(costs))
    for column in costs.T:
        order = np.argsort(column, kind="stable")
        distance[order[[0, -1]]] = np.inf
        span = column[order[-1]] - column[order[0]]
        if span > 0 and len(column) > 2:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
    return distance


def pareto_rank(own: int, costs: Sequence[Sequence[float]]) -> int:
    """How many points come before point `own`: those of earlier fronts, and those of its own that
    stand more alone."""
    matrix = np.asarray(costs, dtype=np.float64)
    before = 0
    for front in fronts(matrix):
        if own in front:
            distance = crowding(matrix[front])
            return before + int((distance > distance[front == own]).sum())
        before += len(front)
    raise ValueError(f"there is no point {own} among {len(costs)}")
