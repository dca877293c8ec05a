"""Which configurations of a study keep to its constraints, by the means of their runs."""

from __future__ import annotations

from collections.abc import Sequence

from sem_ray.errors import BadInput
from sem_ray.studies.journal.configurations import Configuration, Configurations


def is_feasible(configurations: Configurations, one: Configuration) -> bool:
    """Whether a configuration keeps to every constraint by the means of its finished runs, of
    which there is at least one."""
    return _excess(configurations, one) <= 0


def any_feasible(configurations: Configurations) -> bool:
    """Whether any configuration with a finished run keeps to the constraints."""
    return any(is_feasible(configurations, one) for one in configurations if one.runs)


def require_feasible(
    configurations: Configurations, found: Sequence[Configuration]
) -> list[Configuration]:
    """Those of `found`, which have finished runs, that keep to the constraints. Raises `BadInput`
    if there is none, with the nearest one."""
    if kept := [one for one in found if is_feasible(configurations, one)]:
        return kept
    spec = configurations.spec
    nearest = min(found, key=lambda one: (_excess(configurations, one), one.number))
    violations = nearest.violations(spec.constraints, nearest.runs)
    broken = " and ".join(text for text, by in violations.items() if by > 0)
    raise BadInput(
        f"no configuration of study {spec.name} keeps to its constraints; the nearest is that of "
        f"trial {nearest.number}, which breaks {broken}. Ask for more with --trials, or give a "
        "study with wider limits another name"
    )


def _excess(configurations: Configurations, one: Configuration) -> float:
    """How far all constraints together are broken; 0 if none is."""
    violations = one.violations(configurations.spec.constraints, one.runs)
    return sum(by for by in violations.values() if by > 0)
