"""What a trial's user attributes hold, written once and read back: the study is the record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from sem_ray.spec import ExperimentSpec

SPEC = "spec"
"""The whole experiment, as JSON."""
NOISE = "noise_identity"
SECONDS = "seconds"
"""Of the trial's work in its worker."""
ERROR = "error"
"""One line, where it failed."""
TRACEBACK = "traceback"
_OTHER_THAN_METRICS = frozenset({SPEC, NOISE, SECONDS, ERROR, TRACEBACK})


def spec_of(trial: FrozenTrial) -> ExperimentSpec:
    return ExperimentSpec.model_validate_json(trial.user_attrs[SPEC])


def metrics_of(trial: FrozenTrial) -> dict[str, float]:
    """What a finished trial reported; empty for others."""
    if trial.state != TrialState.COMPLETE:
        return {}
    return {k: v for k, v in trial.user_attrs.items() if k not in _OTHER_THAN_METRICS}


def seconds_of(trial: FrozenTrial) -> float | None:
    seconds: float | None = trial.user_attrs.get(SECONDS)
    return seconds


def note_start(trial: optuna.Trial, spec: ExperimentSpec) -> None:
    trial.set_user_attr(SPEC, spec.model_dump_json())


def note_outcome(trial: optuna.Trial, outcome: Mapping[str, Any]) -> None:
    for name, value in outcome["metrics"].items():
        trial.set_user_attr(name, value)
    trial.set_user_attr(NOISE, outcome["noise_identity"])
    trial.set_user_attr(SECONDS, outcome["seconds"])


def note_failure(trial: optuna.Trial, error: str, failure: Mapping[str, Any]) -> None:
    trial.set_user_attr(ERROR, error)
    for key in (SECONDS, TRACEBACK):
        if key in failure:
            trial.set_user_attr(key, failure[key])


def unusable(metric: str, metrics: Mapping[str, float]) -> str | None:
    """Why `metric` cannot be optimised with these results, or None."""
    value = metrics.get(metric)
    if value is None:
        return f"it reported no {metric}, only {', '.join(metrics) or 'nothing'}"
    return None if math.isfinite(value) else f"its {metric} is {value}"
