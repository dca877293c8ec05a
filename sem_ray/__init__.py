"""sem-ray: distributed orchestrator of stable error-minimizing noise.

The verbs `protect`, `evaluate`, `export`, `import_noise`, `verify`, `sweep`, `status` and `best`
are imported when first used, so the plain PyTorch floors need neither Ray nor Optuna nor MLflow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sem_ray.version import __version__

if TYPE_CHECKING:
    from sem_ray.api import (
        best,
        evaluate,
        export,
        import_noise,
        protect,
        status,
        sweep,
        verify,
    )

__all__ = [
    "__version__",
    "best",
    "evaluate",
    "export",
    "import_noise",
    "protect",
    "status",
    "sweep",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("sem_ray.api"), name)
    raise AttributeError(f"module 'sem_ray' has no attribute {name!r}")
