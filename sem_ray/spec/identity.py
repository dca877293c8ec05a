"""The identity of a stage: a hash of what can change its result, and of nothing else.

Paths, device counts and log settings never enter; the data's fingerprint and the version of the
code that makes the stage do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sem_ray.spec.experiment import ExperimentSpec
from sem_ray.spec.methods import parity_of

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


def noise_content(spec: ExperimentSpec, fingerprint: str) -> dict[str, Any]:
    """What a generation depends on. Other methods' settings, and what was no setting before there
    were several and is as it was, do not enter: noise keeps its identity when a method is added.
    Nor do switches of parity that are off, or that the method does not look at."""
    _refuse_unsettled(spec)
    shared = {"augmentation", "noise", "surrogate", "precision", "compiled", "shards", "seed"}
    content = {"data": fingerprint, **spec.model_dump(mode="json", include=shared)}
    parity = content["noise"].pop("parity")
    content["noise"] = {k: v for k, v in content["noise"].items() if _enters(spec, k, v)}
    if on := {name: True for name in parity_of(spec.noise.method) if parity[name]}:
        content["noise"]["parity"] = on
    return content


def _enters(spec: ExperimentSpec, name: str, value: Any) -> bool:
    if isinstance(value, dict):
        return name == spec.noise.method
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


def noise_identity(spec: ExperimentSpec, fingerprint: str) -> str:
    return identity("noise", GENERATION_VERSION, noise_content(spec, fingerprint))


def victim_identity(spec: ExperimentSpec, train: str, test: str, noise: str, radius: float) -> str:
    content = victim_content(spec, train, test, noise, radius)
    return identity("victim", VICTIM_VERSION, content)
