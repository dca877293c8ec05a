"""Configurations that a study file lists: all that run (`points`), or those to try first
(`enqueue`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sem_ray.spec.origin import Keys, Origin
from sem_ray.spec.validation import did_you_mean
from sem_ray.studies.definition.space.choice import encoded, value_key
from sem_ray.studies.definition.space.choices import Choices
from sem_ray.studies.definition.space.conditions import reaching
from sem_ray.studies.definition.space.distributions import Distribution, Space, Values
from sem_ray.studies.definition.space.ranges import Range

MOST_LISTED = 1000
"""Points of a file; more are a grid."""
EXAMPLE = "as points: [{noise.radius: 8}, {noise.radius: 16}]"


def space_of(points: Any, origin: Origin) -> dict[str, Distribution]:
    """What listed points search: each setting is one of the values that they give it. Raises
    `BadInput` if they are no list of settings."""
    found: dict[str, dict[str, Any]] = {}
    for point in _listed(points, origin):
        for path, value in point.items():
            found.setdefault(str(path), {}).setdefault(value_key(value), value)
    return {path: Choices(choices=tuple(values.values())) for path, values in found.items()}


def refuse_repeated(points: Sequence[Mapping[str, Any]], origin: Origin) -> None:
    """Raise `BadInput` if two listed points are the same."""
    seen: dict[str, int] = {}
    for number, point in enumerate(points):
        first = seen.setdefault(point_key(point), number)
        if first != number:
            text = f"points: point {number + 1} is point {first + 1} again; drop one"
            raise origin.fault(("points", str(number)), f"{text}, or give the study `seeds`")


def point_key(values: Mapping[str, Any]) -> str:
    """The same text for the same values."""
    return repr(sorted((path, value_key(value)) for path, value in values.items()))


def refuse_unsearched(enqueue: Sequence[Mapping[str, Any]], space: Space, origin: Origin) -> None:
    """Raise `BadInput` if a point to try first is not one of the space."""
    for number, point in enumerate(enqueue):
        for keys, text in _faults(point, space):
            raise origin.fault(("enqueue", str(number), *keys), f"enqueue: {text}")


def in_space(point: Mapping[str, Any], space: Space) -> Values:
    """The point as trials hold it: whole numbers of a continuous range are floats."""
    return {
        path: float(value) if _is_continuous(space[path]) else encoded(value)
        for path, value in point.items()
    }


def _is_continuous(distribution: Distribution) -> bool:
    return isinstance(distribution, Range) and not distribution.whole


def _faults(point: Mapping[str, Any], space: Space) -> Iterator[tuple[Keys, str]]:
    for path, value in point.items():
        if path not in space:
            near = did_you_mean(path, space) or f"; search has {', '.join(space)}"
            yield (path,), f"{path} is not searched{near}"
        elif not space[path].holds(value):
            yield (path,), f"{path} is never {value!r}; it may be {space[path]}"
    if reaching(space, point) is None:
        yield (), f"no trial searches {', '.join(point)} with these values; look at their `when`"


def _listed(points: Any, origin: Origin) -> Sequence[Mapping[Any, Any]]:
    if not isinstance(points, list | tuple) or not points:
        raise origin.fault(("points",), f"points: needs a list of settings, {EXAMPLE}")
    if len(points) > MOST_LISTED:
        text = f"points: {len(points):,} are more than {MOST_LISTED:,}; search a grid"
        raise origin.fault(("points",), text)
    for number, point in enumerate(points):
        if not isinstance(point, Mapping) or not point:
            text = f"points: point {number + 1} needs settings, {EXAMPLE}, got {point!r}"
            raise origin.fault(("points", str(number)), text)
    return points
