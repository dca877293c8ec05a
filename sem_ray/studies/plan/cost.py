"""What work costs at known rates: device-hours, hours to the end, bytes of the store."""

from __future__ import annotations

from dataclasses import dataclass

from sem_ray.studies.plan.rates import Rates
from sem_ray.studies.plan.work import Work

VICTIM_BYTES = 2_000
"""Of a victim's curve and digests."""
NOISE_SHARE = 0.02
"""Of a noise's bytes, for ids and digests beside its values."""
TRIAL_BYTES = 60_000
"""Of a trial in the journal and in MLflow: settings, measurements, curves."""


@dataclass(frozen=True)
class Devices:
    """What trials run on. count: cores or GPUs that one trial occupies."""

    kind: str
    """`core` or `GPU`."""
    count: float
    at_once: int | None
    """Most trials at once; None if that is not known before Ray is reached."""
    workers: int = 1
    """Actors that share a trial's work."""
    notice: str = ""
    """What a trial takes, why, and how many run at once, in words."""


@dataclass(frozen=True)
class Cost:
    """Of a study's remaining work."""

    trials: int
    """Trials to finish."""
    surrogates: int
    """Trainings of surrogates that noises may share."""
    generations: int
    """Distinct noises."""
    victims: int
    """Distinct victims, those on clean images included."""
    generation_passes: float
    """Forward-backward passes over each training image, of all noises together."""
    victim_passes: float
    device_hours: float | None
    """None without rates."""
    hours: float | None
    """To the end. None without rates, or if it is not known how many trials run at once."""
    store_bytes: int

    @property
    def passes(self) -> float:
        return self.generation_passes + self.victim_passes


def cost_of(work: Work, trials: int, devices: Devices, rates: Rates, scale: float = 1) -> Cost:
    """The cost of `work`, `scale` times: trials beyond those that were looked at cost alike."""
    seconds = seconds_of(work, devices, rates, scale)
    return Cost(
        trials=round(trials * scale),
        surrogates=round(work.count("surrogate") * scale),
        generations=round(work.count("noise") * scale),
        victims=round(work.count("protected", "clean") * scale),
        generation_passes=work.passes("generation") * scale,
        victim_passes=work.passes("victim") * scale,
        device_hours=None if seconds is None else seconds * devices.count / 3600,
        hours=_hours(seconds, trials, devices),
        store_bytes=round(scale * _bytes(work, trials)),
    )


def seconds_of(work: Work, devices: Devices, rates: Rates, scale: float = 1) -> float | None:
    """Of all stages one after the other, by one trial; None if the rate of one is not known."""
    if any(stage.kind not in rates for stage in work.stages if stage.passes):
        return None
    taken = (rates[s.kind].seconds * s.image_passes for s in work.stages if s.passes)
    return scale * sum(taken) / devices.workers


def _hours(seconds: float | None, trials: int, devices: Devices) -> float | None:
    """A sweep lasts at least as long as its trials take on average."""
    if seconds is None or devices.at_once is None:
        return None
    return seconds / max(min(devices.at_once, trials), 1) / 3600


def _bytes(work: Work, trials: int) -> float:
    noise = work.noise_bytes * (1 + NOISE_SHARE)
    return noise + work.count("protected", "clean") * VICTIM_BYTES + trials * TRIAL_BYTES
