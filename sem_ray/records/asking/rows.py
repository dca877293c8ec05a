"""A recorded result as one typed row."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sem_ray.records import names

LARGEST = 1.7e308
"""MLflow keeps infinity as the largest number there is."""

_SEEDS = re.compile(r"\[(\d+(, *\d+)*)?\]", re.ASCII).fullmatch
_WHOLE = re.compile(r"\d+", re.ASCII)

BOUNDS = (".low", ".high")
"""How the bounds of a metric's interval are called after it."""


@dataclass(frozen=True)
class Row:
    """A configuration of a study, or one run of it."""

    key: str
    """`quick/configuration 12`, or `quick/12` of a single run."""
    study: str
    kind: str
    state: str
    """RUNNING, FINISHED, FAILED or KILLED."""
    settings: Mapping[str, str]
    """Dotted path → value as text."""
    metrics: Mapping[str, float]
    """Of a configuration means over its seeds, with `NAME.low` and `NAME.high` from two seeds on:
    their 95% interval."""
    tags: Mapping[str, str]
    run_id: str
    """MLflow's."""
    started: datetime | None
    ended: datetime | None

    @property
    def seeds(self) -> tuple[int, ...]:
        """That its metrics are means over; none if it does not say so as sem-ray writes it."""
        written = self.tags.get(names.SEEDS_TAG) or f"[{self.settings.get('seed', '')}]"
        return tuple(int(seed) for seed in _WHOLE.findall(written)) if _SEEDS(written) else ()

    @property
    def measured(self) -> tuple[str, ...]:
        """Its metrics without the bounds of their intervals."""
        return tuple(name for name in self.metrics if not name.endswith(BOUNDS))

    @property
    def name(self) -> str:
        """As people write it: `quick/12`."""
        return self.key.replace("/configuration ", "/")

    @classmethod
    def of(cls, run: Any) -> Row:
        """A run as MLflow's client gives it."""
        own = {k: v for k, v in run.data.tags.items() if not k.startswith("mlflow.")}
        return cls(
            key=own.get(names.TRIAL_TAG, run.info.run_name),
            study=own.get(names.STUDY_TAG, ""),
            kind=own.get(names.KIND_TAG, "trial"),
            state=run.info.status,
            settings=dict(sorted(run.data.params.items())),
            metrics={name: _number(v) for name, v in sorted(run.data.metrics.items())},
            tags=own,
            run_id=run.info.run_id,
            started=_moment(run.info.start_time),
            ended=_moment(run.info.end_time),
        )


def _number(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) > LARGEST else value


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
