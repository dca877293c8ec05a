"""The next of the configurations that a study lists, in place of a sampler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from optuna.trial import FrozenTrial, TrialState

from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.space.points import point_key


def next_point(points: Sequence[Values], trials: Iterable[FrozenTrial]) -> Values:
    """The first point that is neither done nor running; those that failed come again after all
    others, the one that failed least often first."""
    failed: Counter[str] = Counter()
    done = set()
    for trial in trials:
        key = point_key(trial.params)
        if trial.state == TrialState.FAIL:
            failed[key] += 1
        else:
            done.add(key)
    keyed = [(point_key(point), point) for point in points]
    left = [(key, point) for key, point in keyed if key not in done]
    _, found = min(left, key=lambda pair: failed[pair[0]], default=keyed[0])
    return dict(found)
