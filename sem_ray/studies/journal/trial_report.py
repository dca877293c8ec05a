"""How a trial ended, as it reports it and as its record keeps it."""

from __future__ import annotations

import traceback

from sem_ray.device_use import DeviceUse
from sem_ray.errors import BadInput, DiskFailed, SemRayError
from sem_ray.metrics.measurement import Measurement
from sem_ray.spec.base import Frozen
from sem_ray.studies.definition.retry import Reason


class Finished(Frozen):
    """A trial that measured what it was to measure."""

    measurements: tuple[Measurement, ...]
    noise_identity: str
    seconds: float
    """Of the trial's work in its worker."""
    machine: str | None = None
    """The kind of machine that computed it; None if that is not known."""
    device: DeviceUse | None = None
    """What it occupied there."""


class Failed(Frozen):
    """A trial that did not."""

    error: str
    """One line."""
    bad_input: bool = False
    """Whether every trial would fail so: what it was given is at fault, or the disk."""
    reason: Reason | None = None
    """Why, if it may run again for that; None if it would fail again."""
    foreseen: bool = True
    """False if the trial's worker may be in any state."""
    traceback: str | None = None
    seconds: float | None = None
    device: DeviceUse | None = None

    @classmethod
    def by(
        cls,
        error: Exception,
        seconds: float,
        device: DeviceUse | None = None,
        reason: Reason | None = None,
    ) -> Failed:
        return cls(
            error=one_line(error),
            reason=reason,
            bad_input=isinstance(error, BadInput | DiskFailed),
            foreseen=isinstance(error, SemRayError),
            traceback="".join(traceback.format_exception(error)),
            seconds=seconds,
            device=device,
        )


class Waiting(Frozen):
    """A trial that gave its device back, because others make a stage that it needs. It runs again
    with the same values once they have."""

    kind: str
    identity: str
    """Of the stage, in the store."""


class RungReport(Frozen):
    """What a trial measured at a rung, on its way."""

    rung: int
    """Counted from 0."""
    measurements: tuple[Measurement, ...]
    seconds: float
    """Of the trial's work so far."""


class Stopped(Frozen):
    """A trial that was stopped at a rung, as it was told to."""

    rung: int
    seconds: float
    machine: str | None = None
    device: DeviceUse | None = None


TrialReport = Finished | Failed | Stopped | Waiting


def one_line(error: BaseException) -> str:
    """What went wrong, without the way it came."""
    text = " ".join(str(error).split("\n\n")[0].split())
    if isinstance(error, SemRayError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
