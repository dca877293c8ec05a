"""The identity of a stage: a hash of what can change its result, and of nothing else.

Paths, device counts and log settings never enter; the data's fingerprint and the version of the
code that makes the stage do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from sem_ray.spec.experiment import ExperimentSpec

GENERATION_VERSION = 2
"""Raise when the same spec would give other noise."""
VICTIM_VERSION = 2
"""Raise when the same spec would give another accuracy."""

CLEAN = "clean"
"""The noise identity of unprotected images."""


def identity(kind: str, version: int, content: Mapping[str, Any]) -> str:
    """20 hexadecimal digits that name the stage `kind` with this content."""
    text = json.dumps([kind, version, content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def noise_content(spec: ExperimentSpec, fingerprint: str, reads: Collection[str]) -> dict[str, Any]:
    """What a generation depends on, if its method reads the settings at the paths `reads`.

    Noise keeps its identity when a method or a switch is added. So other methods' groups do not
    enter, nor do switches of parity that are off or not read. The settings of `sem` and `rem` enter
    whatever the method, and phases only if they are given: so it was before they were a group.
    """
    _refuse_unsettled(spec)
    shared = {"augmentation", "noise", "surrogate", "precision", "compiled", "shards", "seed"}
    content = {"data": fingerprint, **spec.model_dump(mode="json", include=shared)}
    parity = content["noise"].pop("parity")
    content["noise"] = {k: v for k, v in content["noise"].items() if _enters(k, v, reads)}
    if on := {name: True for name in parity if parity[name] and f"noise.parity.{name}" in reads}:
        content["noise"]["parity"] = on
    return content


def _enters(name: str, value: Any, reads: Collection[str]) -> bool:
    if isinstance(value, dict):
        return f"noise.{name}" in reads
    return name not in ("noise_phase", "surrogate_phase") or value is not None


def victim_content(
    spec: ExperimentSpec, train: str, test: str, noise: str, radius: float
) -> dict[str, Any]:
    """What one victim depends on: its radius alone of `victim.radii`, and the noise by identity."""
    _refuse_unsettled(spec)
    shared = {"augmentation", "victim", "precision", "compiled", "shards", "seed"}
    content = spec.model_dump(mode="json", include=shared)
    del content["victim"]["radii"]
    return {"data": train, "test": test, "noise": noise, "radius": float(radius), **content}


def _refuse_unsettled(spec: ExperimentSpec) -> None:
    """`auto` is another precision on another machine, so it names no result."""
    if spec.precision == "auto":
        raise ValueError("precision auto is settled (`sem_ray.devices.settled`) before identities")


def victim_identity(spec: ExperimentSpec, train: str, test: str, noise: str, radius: float) -> str:
    content = victim_content(spec, train, test, noise, radius)
    return identity("victim", VICTIM_VERSION, content)
