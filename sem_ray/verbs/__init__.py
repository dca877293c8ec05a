"""What a user can ask for: one typed function a verb. The command line only calls these.

Each is imported when first used, so that protecting and evaluating need no Ray, Optuna or MLflow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sem_ray.verbs.computing import Actors
    from sem_ray.verbs.evaluation import Evaluated, evaluate
    from sem_ray.verbs.protection import Protected, protect
    from sem_ray.verbs.settings import remarks
    from sem_ray.verbs.studies import best, plan, read_study, status, sweep

__all__ = [
    "Actors",
    "Evaluated",
    "Protected",
    "best",
    "evaluate",
    "plan",
    "protect",
    "read_study",
    "remarks",
    "status",
    "sweep",
]

_HOMES = {
    "computing": ("Actors",),
    "evaluation": ("Evaluated", "evaluate"),
    "protection": ("Protected", "protect"),
    "settings": ("remarks",),
    "studies": ("best", "plan", "read_study", "status", "sweep"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"sem_ray.verbs.{home}"), name)
    raise AttributeError(f"module 'sem_ray.verbs' has no attribute {name!r}")
