"""Curves made up for the simulated backend: a true value, and the noise of one seed on it.

Each is a pure function of the spec and the trial's number, so that a simulated study can be cut off
and gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sem_ray.metrics.measurement import Measurement
from sem_ray.rng import numpy_generator
from sem_ray.spec import ExperimentSpec
from sem_ray.studies.journal.trial_report import Failed
from sem_ray.studies.run.simulated.backend import Curve, Reading
from sem_ray.studies.run.trial_queue import TrialRequest


@dataclass(frozen=True)
class SyntheticCurves:
    """Curves around a true value of each measurement.

    truth: what an experiment measures at its end, but for noise. noise: standard deviation between
    seeds of what is measured in %. rungs: fractions of the trial at which it is measured; there the
    noise of the end, which is the seed's own, and as much of its own again as `rung_noise` says.
    seconds: of a whole trial, each up to `spread` shorter or longer. failures: share of trials that
    fail, by chance and the trial's number, half way.
    """

    truth: Callable[[ExperimentSpec], Sequence[Measurement]]
    noise: float = 0.0
    rungs: tuple[float, ...] = ()
    rung_noise: float = 0.0
    seconds: float = 60.0
    spread: float = 0.0
    failures: float = 0.0
    seed: int = 0

    def __call__(self, request: TrialRequest) -> Curve:
        spec = request.spec
        random = numpy_generator(self.seed, "curve", spec.model_dump_json())
        seconds = self.seconds * (1 + self.spread * random.uniform(-1, 1))
        truth = self.truth(spec)
        end = _moved(truth, self.noise * random.standard_normal(len(truth)))
        rungs = tuple(
            Reading(rung * seconds, _moved(end, self.rung_noise * random.standard_normal(len(end))))
            for rung in self.rungs
        )
        if numpy_generator(self.seed, "failure", request.trial).random() < self.failures:
            return Curve(Reading(seconds / 2, ()), rungs, Failed(error="failed by chance"))
        return Curve(Reading(seconds, end), rungs)


def _moved(
    measurements: Sequence[Measurement], by: np.typing.NDArray[np.float64]
) -> tuple[Measurement, ...]:
    """The measurements with their noise; what is no accuracy has none."""
    return tuple(
        one.model_copy(update={"value": one.value + float(shift)}) if one.unit == "%" else one
        for one, shift in zip(measurements, by, strict=True)
    )
