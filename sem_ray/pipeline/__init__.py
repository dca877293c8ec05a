"""The arrows of the work: each a function from a frozen spec and artifacts to an artifact with an
identity, so a finished stage is never computed twice."""

from sem_ray.pipeline.backend import Backend, OnDevice
from sem_ray.pipeline.experiment import (
    Accuracy,
    Outcome,
    evaluate_noise,
    metric_names,
    run_experiment,
)
from sem_ray.pipeline.noise import StoredNoise, find_noise, noise_for, space_for
from sem_ray.pipeline.victims import victim_for

__all__ = [
    "Accuracy",
    "Backend",
    "OnDevice",
    "Outcome",
    "StoredNoise",
    "evaluate_noise",
    "find_noise",
    "metric_names",
    "noise_for",
    "run_experiment",
    "space_for",
    "victim_for",
]
