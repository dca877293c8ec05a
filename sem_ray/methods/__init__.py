"""The protection methods. A new one is a file here and a line of the table in `registry.py`
(docs/methods.md has a worked example)."""

from __future__ import annotations

from sem_ray.methods.base import MethodContext, MethodRun, Stage, rounded, split_of
from sem_ray.methods.declaration import OPTIMISER, Method, PassCount
from sem_ray.methods.registry import (
    METHODS,
    method_of,
    noise_identity,
    require_method,
    surrogate_identity,
)

__all__ = [
    "METHODS",
    "OPTIMISER",
    "Method",
    "MethodContext",
    "MethodRun",
    "PassCount",
    "Stage",
    "method_of",
    "noise_identity",
    "require_method",
    "rounded",
    "split_of",
    "surrogate_identity",
]
