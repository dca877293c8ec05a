"""Runs written straight to MLflow, as a study's are, with values that no study would have."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sem_ray.records import names
from sem_ray.records.connection import Tracking

METRIC = "test_accuracy_at_4"


def write_run(
    tracking: Tracking,
    tags: Mapping[str, str],
    params: Mapping[str, str] | None = None,
    metrics: Mapping[str, float] | None = None,
) -> str:
    """The id of a finished run."""
    run = str(tracking.client.create_run(tracking.experiment, tags=dict(tags)).info.run_id)
    for name, text in (params or {}).items():
        tracking.client.log_param(run, name, text)
    for name, value in (metrics or {}).items():
        tracking.client.log_metric(run, name, value)
    tracking.client.set_terminated(run)
    return run


def write_study(tracking: Tracking, name: str) -> None:
    """A study's own run; it minimizes `METRIC`."""
    goals = json.dumps({METRIC: "minimize"})
    tags = {names.STUDY_TAG: name, names.KIND_TAG: "study", names.OBJECTIVES_TAG: goals}
    write_run(tracking, {**tags, names.LEVEL_TAG: "study"})


def write_configuration(
    tracking: Tracking, study: str, number: int, values: Mapping[int, float], **means: float
) -> str:
    """A configuration with a run below it for each seed → `METRIC`, and further means."""
    mean = sum(values.values()) / len(values)
    tags = {names.STUDY_TAG: study, names.TRIAL_TAG: f"{study}/configuration {number}"}
    tags |= {names.KIND_TAG: "configuration", names.LEVEL_TAG: "result"}
    tags[names.SEEDS_TAG] = json.dumps(sorted(values))
    run = write_run(tracking, tags, {"noise.steps": str(number)}, {METRIC: mean, **means})
    for seed, value in values.items():
        below = {names.KIND_TAG: "trial", names.LEVEL_TAG: "replicate", names.PARENT_TAG: run}
        write_run(tracking, {names.STUDY_TAG: study, **below}, {"seed": str(seed)}, {METRIC: value})
    return run
