"""All that one run in MLflow shows, before MLflow is asked anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sem_ray.records.names import Kind, Level, Status
from sem_ray.records.points import MetricRow


@dataclass(frozen=True)
class RunDocument:
    """A run. Two of one key and one digest show the same."""

    key: str
    """Unique in its study; of the study's own run the study's key."""
    name: str
    """As people see it in tables."""
    level: Level
    kind: Kind
    under: str | None
    """The key of the run it lies under; None of the study's own."""
    status: Status
    started: datetime | None = None
    ended: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[MetricRow, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """Of everything in it."""
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def milliseconds(moment: datetime | None) -> int | None:
    """Since the epoch, as MLflow counts."""
    return None if moment is None else int(moment.timestamp() * 1000)


def leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Dotted path → value as text, as MLflow keeps parameters."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= leaves(value, f"{path}.")
        else:
            found[path] = value if isinstance(value, str) else json.dumps(value)
    return found
