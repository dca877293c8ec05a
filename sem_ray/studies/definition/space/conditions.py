"""Which settings of a space a trial searches: those whose `when:` the others fulfil."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from optuna.trial import Trial

from sem_ray.spec.origin import Origin
from sem_ray.spec.validation import did_you_mean
from sem_ray.studies.definition.space.choice import encoded, value_key
from sem_ray.studies.definition.space.distributions import Distribution, Space, Values


def parents_first(space: Space) -> tuple[str, ...]:
    """The paths in the order they are written, but each after those that its condition names."""
    found: dict[str, None] = {}

    def visit(path: str) -> None:
        for parent in space[path].when:
            visit(parent)
        found.setdefault(path)

    for path in space:
        visit(path)
    return tuple(found)


def is_active(distribution: Distribution, values: Mapping[str, Any]) -> bool:
    """Whether a trial whose parents have these values searches the setting."""
    return all(
        parent in values and value_key(values[parent]) in map(value_key, wanted)
        for parent, wanted in distribution.when.items()
    )


def is_whole(space: Space, values: Mapping[str, Any]) -> bool:
    """Whether a trial with these values has one for each setting that it searches: a trial that
    is being begun has some of them."""
    return all(
        (path in values) == is_active(distribution, values) for path, distribution in space.items()
    )


def suggested(space: Space, trial: Trial) -> Values:
    """The values that the trial's sampler proposes for the settings that are active, parents first.
    Values that the trial was given already are found, not drawn again."""
    values: Values = {}
    for path in parents_first(space):
        if is_active(space[path], values):
            values[path] = space[path].suggested(trial, path)
    return values


def reaching(space: Space, fixed: Mapping[str, Any]) -> Values | None:
    """`fixed` and the first values of all parents with which those settings are active, parents
    first; None if there are none."""
    wanted = _wanted(space, fixed)
    chosen = {path: values[0] if values else None for path, values in wanted.items()} | dict(fixed)
    kept = {path: chosen[path] for path in parents_first(space) if path in chosen}
    possible = all(
        value_key(chosen[path]) in map(value_key, values) for path, values in wanted.items()
    )
    return {path: encoded(value) for path, value in kept.items()} if possible else None


def _wanted(space: Space, fixed: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Each parent and grandparent of the paths → its values that suit all of them."""
    found: dict[str, list[Any]] = {}
    left = list(fixed)
    while left:
        for parent, values in space[left.pop()].when.items():
            known = found.get(parent, values)
            keys = {value_key(value) for value in values}
            found[parent] = [value for value in known if value_key(value) in keys]
            left.append(parent)
    return found


def refuse_bad_conditions(space: Space, origin: Origin) -> None:
    """Raise `BadInput` for a condition on what is not searched or cannot have that value, for
    conditions in a circle, and for settings that no trial could search."""
    for path in space:
        for keys, text in _faults(space, path):
            raise origin.within(path).fault(("when", *keys), text)
    try:
        TopologicalSorter({path: list(space[path].when) for path in space}).prepare()
    except CycleError as error:
        circle = error.args[1]
        text = f"conditions go in a circle ({' → '.join(circle)}); drop one of them"
        raise origin.within(circle[0]).fault(("when",), text) from error
    for path, distribution in space.items():
        if reaching(space, {path: distribution.probes()[0]}) is None:
            text = "no trial fulfils it together with the conditions of its parents; drop a value"
            raise origin.within(path).fault(("when",), text)


def _faults(space: Space, path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for parent, wanted in space[path].when.items():
        if parent not in space:
            near = did_you_mean(parent, space)
            yield (parent,), f"{parent} is not searched{near}; give it choices under search"
            continue
        if space[parent].size is None:
            yield (parent,), f"{parent} is continuous and never has one value; give it a step"
            continue
        for number, value in enumerate(wanted):
            if not space[parent].holds(value):
                may = str(space[parent])
                keys = (parent, str(number))
                yield keys, f"{parent} is never {encoded(value)!r}; it may be {may}"
