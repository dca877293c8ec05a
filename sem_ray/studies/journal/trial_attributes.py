"""What a trial's user attributes hold, written once and read back: the study is the record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from sem_ray.device_use import DeviceUse
from sem_ray.metrics.measurement import Measurement, means
from sem_ray.spec import ExperimentSpec
from sem_ray.studies.definition.retry import Reason
from sem_ray.studies.journal import first_version
from sem_ray.studies.journal.one_append import note
from sem_ray.studies.journal.trial_report import (
    Failed,
    Finished,
    RungReport,
    Stopped,
)

SPEC = "spec"
"""The whole experiment, as JSON."""
MEASUREMENTS = "measurements"
"""All that a finished trial measured: a list of `Measurement`s."""
NOISE = "noise_identity"
CONFIGURATION, REPLICATE = "configuration", "replicate"
"""Of a trial that runs a configuration again: the number of the trial that ran it first, and which
run this is, counted from 0. The first one has neither."""
SECONDS = "seconds"
"""Of the trial's work in its worker."""
MACHINE = "machine"
"""The kind of GPU or processor that computed it."""
RUNGS = "rungs"
"""What it measured at each rung it reached, and whether it was to stop there: objects with
`rung`, `measurements`, `seconds` and `stops`."""
DEVICE = "device"
"""What it occupied there (`sem_ray.device_use.DeviceUse`); earlier versions did not say."""
ERROR = "error"
"""One line, if it failed."""
STOPS = "stops"
TRACEBACK = "traceback"
RETRY_OF = "retry_of"
"""Of a trial that runs a failed one again: that one's number."""
IMPORTED = "imported"
"""Of a trial that another study ran: that study's name and the trial's number there."""
LOSSES = "losses"
"""How often it was lost and given out again: a list of reason, error and seconds."""


def measurements_of(trial: FrozenTrial) -> tuple[Measurement, ...]:
    """What a finished trial measured; empty for others."""
    if trial.state != TrialState.COMPLETE:
        return ()
    if MEASUREMENTS in trial.user_attrs:
        return tuple(map(Measurement.model_validate, trial.user_attrs[MEASUREMENTS]))
    return first_version.measurements(trial.user_attrs, trial.user_attrs[SPEC])


def metrics_of(trial: FrozenTrial) -> dict[str, float]:
    """The same by key; of replicates, their mean."""
    return means(measurements_of(trial))


def rungs_of(trial: FrozenTrial) -> tuple[tuple[RungReport, bool], ...]:
    """What it measured at each rung it reached, first rung first, and whether it was to stop
    there."""
    found = trial.user_attrs.get(RUNGS, ())
    return tuple(
        (RungReport(**{k: v for k, v in one.items() if k != STOPS}), bool(one[STOPS]))
        for one in found
    )


def pruned_at(trial: FrozenTrial) -> int | None:
    """The rung at which it was stopped, counted from 0; None if it was not."""
    if trial.state != TrialState.PRUNED:
        return None
    return next((report.rung for report, stops in rungs_of(trial) if stops), None)


def configuration_of(trial: FrozenTrial) -> int:
    """The number of the trial that ran its settings first, which may be itself."""
    return int(trial.user_attrs.get(CONFIGURATION, trial.number))


def replicate_of(trial: FrozenTrial) -> int:
    """Which run of its configuration it is, counted from 0."""
    return int(trial.user_attrs.get(REPLICATE, 0))


def seed_of(trial: FrozenTrial) -> int:
    """Of its experiment."""
    return int(json.loads(trial.user_attrs[SPEC])["seed"])


def seconds_of(trial: FrozenTrial) -> float | None:
    seconds: float | None = trial.user_attrs.get(SECONDS)
    return seconds


def of_start(
    spec: ExperimentSpec | None, configuration: int | None, replicate: int
) -> dict[str, Any]:
    """Of a trial that begins; `configuration` is None if the trial is the first of a new one."""
    facts = {} if spec is None else {SPEC: spec.model_dump_json()}
    if configuration is None:
        return facts
    return {**facts, CONFIGURATION: configuration, REPLICATE: replicate}


def losses_of(trial: FrozenTrial) -> list[Reason]:
    """Why it was lost, each time that it was given out again."""
    return [loss["reason"] for loss in trial.user_attrs.get(LOSSES, ())]


def attempt_of(trial: FrozenTrial) -> int:
    """Which try it is at, counted from 1."""
    return len(losses_of(trial)) + 1


def error_of(trial: FrozenTrial) -> str | None:
    """Why it failed or was lost the last time, in one line; None if it never did."""
    losses = trial.user_attrs.get(LOSSES, ())
    error: str | None = trial.user_attrs.get(ERROR, losses[-1]["error"] if losses else None)
    return error


def machine_of(trial: FrozenTrial) -> str | None:
    """The kind of GPU or processor that computed it; None if it has not ended, or if a version
    recorded it that did not ask."""
    machine: str | None = trial.user_attrs.get(MACHINE)
    return machine


def device_of(trial: FrozenTrial) -> DeviceUse | None:
    """What a trial that ended occupied; None if it was not written down."""
    found = trial.user_attrs.get(DEVICE)
    return None if found is None else DeviceUse.model_validate(found)


def note_finish(trial: optuna.Trial, report: Finished) -> None:
    measured = [m.model_dump() for m in report.measurements]
    facts = {MEASUREMENTS: measured, NOISE: report.noise_identity, SECONDS: report.seconds}
    note(trial, facts | _where(report))


def note_rung(
    trial: optuna.Trial, before: Sequence[tuple[RungReport, bool]], report: RungReport, stops: bool
) -> None:
    """Add a rung to those `before` it."""
    both = (*before, (report, stops))
    note(trial, {RUNGS: [{**one.model_dump(mode="json"), STOPS: s} for one, s in both]})


def note_stop(trial: optuna.Trial, report: Stopped) -> None:
    note(trial, {SECONDS: report.seconds} | _where(report))


def note_loss(trial: optuna.Trial, report: Failed) -> None:
    """It was lost, and is given out again."""
    loss = {"reason": report.reason, "error": report.error, "seconds": report.seconds}
    note(trial, {LOSSES: [*trial.user_attrs.get(LOSSES, ()), loss]})


def note_failure(trial: optuna.Trial, report: Failed) -> None:
    facts = {ERROR: report.error, SECONDS: report.seconds, TRACEBACK: report.traceback}
    note(trial, {key: value for key, value in facts.items() if value is not None} | _where(report))


def _where(report: Finished | Failed | Stopped) -> dict[str, Any]:
    """The machine and what was occupied there, as far as the report says it."""
    machine = None if isinstance(report, Failed) else report.machine
    device = None if report.device is None else report.device.model_dump(exclude_none=True)
    return {k: v for k, v in ((MACHINE, machine), (DEVICE, device)) if v is not None}
