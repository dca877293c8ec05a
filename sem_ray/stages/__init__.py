"""The arrows of the work: each a function from a frozen spec and artifacts to an artifact with an
identity, so a finished stage is never computed twice."""

from sem_ray.stages.experiment import (
    Accuracy,
    Outcome,
    evaluate_noise,
    metric_names,
    run_experiment,
)
from sem_ray.stages.generation import StoredNoise, noise_for, space_for
from sem_ray.stages.victims import victim_for

__all__ = [
    "Accuracy",
    "Outcome",
    "StoredNoise",
    "evaluate_noise",
    "metric_names",
    "noise_for",
    "run_experiment",
    "space_for",
    "victim_for",
]
