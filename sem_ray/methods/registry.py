"""The protection methods by name, and the module that each is in."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sem_ray.errors import BadInput
from sem_ray.methods.declaration import Method
from sem_ray.spec import ExperimentSpec
from sem_ray.spec import identity as identities
from sem_ray.spec.origin import Origin, origin_of
from sem_ray.spec.validation import did_you_mean

METHODS: dict[str, str] = {
    "sem": "sem_ray.methods.sem:SEM",
    "rem": "sem_ray.methods.rem:REM",
    "em": "sem_ray.methods.em:EM",
    "tap": "sem_ray.methods.tap:TAP",
    "ntga": "sem_ray.methods.ntga:NTGA",
    "shortcut": "sem_ray.methods.shortcut:SHORTCUT",
}
"""Name → module:variable of the `Method`, which is imported on first use."""


def method_of(spec: ExperimentSpec) -> Method:
    """The method that `spec` names. Raises `BadInput` with the nearest name if there is none."""
    name = spec.noise.method
    if name not in METHODS:
        known = ", ".join(METHODS)
        raise BadInput(f"no method {name!r}{did_you_mean(name, METHODS)}; known: {known}")
    module, _, variable = METHODS[name].partition(":")
    method: Method = getattr(import_module(module), variable)
    return method


def require_method(spec: ExperimentSpec, place: str | Origin) -> None:
    """Raise `BadInput` that names `place` if `spec` names an unknown method."""
    try:
        method_of(spec)
    except BadInput as error:
        raise origin_of(place).fault(("noise", "method"), f"noise.method: {error}") from error


def noise_identity(spec: ExperimentSpec, fingerprint: str) -> str:
    """The identity of the noise that `spec` makes for images of this fingerprint. Raises
    `BadInput` if its method is unknown."""
    content = identities.noise_content(spec, fingerprint, method_of(spec).reads)
    return identities.identity("noise", identities.GENERATION_VERSION, content)


def surrogate_identity(spec: ExperimentSpec, fingerprint: str) -> str | None:
    """The identity of the surrogate at the end of its training, which noises that differ only in
    what comes later share; None if the method has nothing to share. Raises `BadInput` if its method
    is unknown."""
    method = method_of(spec)
    if not method.late:
        return None
    content = identities.noise_content(spec, fingerprint, method.reads)
    for path in (*method.late, *method.unread(spec)):
        without(content, path)
    return identities.identity("surrogate", identities.GENERATION_VERSION, content)


def without(tree: dict[str, Any], path: str) -> None:
    """Take the setting or group at a dotted path out of `tree`, if it is there."""
    *groups, name = path.split(".")
    for group in groups:
        tree = tree.get(group, {})
    tree.pop(name, None)
