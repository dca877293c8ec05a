"""What was recorded, asked from Python: `from sem_ray import records`.

```
from sem_ray import records

rows = records.rows(["quick"], where="metrics.test_accuracy_at_4 < 30")
records.frame(rows)                 # pandas
records.table(rows)                 # Arrow
records.compare("quick/0", "quick/3", "test_accuracy_at_4")
```
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sem_ray.records.asking.comparing import Compared, compare
    from sem_ray.records.asking.rows import Row
    from sem_ray.records.asking.searching import find, replicates, rows
    from sem_ray.records.asking.tables import frame, table

__all__ = ["Compared", "Row", "compare", "find", "frame", "replicates", "rows", "table"]

_HOMES = {
    "comparing": ("Compared", "compare"),
    "rows": ("Row",),
    "searching": ("find", "replicates", "rows"),
    "tables": ("frame", "table"),
}


def __getattr__(name: str) -> Any:
    # Late, because who records needs none of it.
    for home, exported in _HOMES.items():
        if name in exported:
            return getattr(importlib.import_module(f"sem_ray.records.asking.{home}"), name)
    raise AttributeError(f"module 'sem_ray.records' has no attribute {name!r}")
