"""The protection methods by name. A method says only what differs; a new one is a file here and
its place in the line below (docs/methods.md has a worked example)."""

from __future__ import annotations

from sem_ray.errors import BadInput
from sem_ray.methods.base import Method, MethodContext, MethodRun, Stage, rounded, split_of
from sem_ray.methods.em import EM
from sem_ray.methods.ntga import NTGA
from sem_ray.methods.rem import REM
from sem_ray.methods.sem import SEM
from sem_ray.methods.shortcut import SHORTCUT
from sem_ray.methods.tap import TAP
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.validation import did_you_mean

METHODS: dict[str, Method] = {method.name: method for method in (SEM, REM, EM, TAP, NTGA, SHORTCUT)}

__all__ = [
    "METHODS",
    "Method",
    "MethodContext",
    "MethodRun",
    "Stage",
    "method_of",
    "require_method",
    "rounded",
    "split_of",
]


def method_of(spec: ExperimentSpec) -> Method:
    """The method that `spec` names. Raises `BadInput` with the nearest name where there is none."""
    name = spec.noise.method
    if name not in METHODS:
        known = ", ".join(METHODS)
        raise BadInput(f"no method {name!r}{did_you_mean(name, METHODS)}; known: {known}")
    return METHODS[name]


def require_method(spec: ExperimentSpec, place: str) -> None:
    """Raise `BadInput` that names `place` where `spec` names a method there is not."""
    try:
        method_of(spec)
    except BadInput as error:
        raise BadInput(f"{place}: noise.method: {error}") from error
