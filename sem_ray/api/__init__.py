"""What a user can ask for: one typed function each. The command line only calls these.

Each is imported when first used, so that protecting and evaluating need no Ray, Optuna or MLflow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sem_ray.api.ablations import ablation, ablation_table, write_forest_plot
    from sem_ray.api.evaluation import Evaluated, evaluate
    from sem_ray.api.exporting import Exported, export
    from sem_ray.api.importing import Imported, import_noise
    from sem_ray.api.protection import Protected, protect
    from sem_ray.api.records import (
        compare_runs,
        export_runs,
        list_runs,
        rebuild_records,
        show_run,
        sync_records,
    )
    from sem_ray.api.run_options import Actors, RunOptions
    from sem_ray.api.rungs import fidelity
    from sem_ray.api.schemas import schema
    from sem_ray.api.settings import notices
    from sem_ray.api.studies import (
        StudyOverrides,
        best,
        delete_study,
        list_studies,
        plan,
        read_study,
        require_deletable,
        status,
        sweep,
        watch,
    )
    from sem_ray.api.trade_offs import pareto
    from sem_ray.api.verification.verify import Verified, verify

__all__ = [
    "Actors",
    "Evaluated",
    "Exported",
    "Imported",
    "Protected",
    "RunOptions",
    "StudyOverrides",
    "Verified",
    "ablation",
    "ablation_table",
    "best",
    "compare_runs",
    "delete_study",
    "evaluate",
    "export",
    "export_runs",
    "fidelity",
    "import_noise",
    "list_runs",
    "list_studies",
    "notices",
    "pareto",
    "plan",
    "protect",
    "read_study",
    "rebuild_records",
    "require_deletable",
    "schema",
    "show_run",
    "status",
    "sweep",
    "sync_records",
    "verify",
    "watch",
    "write_forest_plot",
]

_HOMES = {
    "ablations": ("ablation", "ablation_table", "write_forest_plot"),
    "evaluation": ("Evaluated", "evaluate"),
    "exporting": ("Exported", "export"),
    "importing": ("Imported", "import_noise"),
    "protection": ("Protected", "protect"),
    "records": (
        *("rebuild_records", "sync_records"),
        *("compare_runs", "export_runs", "list_runs", "show_run"),
    ),
    "run_options": ("Actors", "RunOptions"),
    "rungs": ("fidelity",),
    "schemas": ("schema",),
    "settings": ("notices",),
    "studies": (
        *("StudyOverrides", "best", "plan", "read_study", "status", "sweep", "watch"),
        *("list_studies", "delete_study", "require_deletable"),
    ),
    "trade_offs": ("pareto",),
    "verification.verify": ("Verified", "verify"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"sem_ray.api.{home}"), name)
    raise AttributeError(f"module 'sem_ray.api' has no attribute {name!r}")
