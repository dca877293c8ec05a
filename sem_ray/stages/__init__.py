"""The arrows of the work: each a function from a frozen spec and artifacts to an artifact with an
identity, so a finished stage is never computed twice."""

from sem_ray.stages.experiment import (
    Accuracy,
    Outcome,
    evaluate_noise,
    metric_names,
    run_experiment,
)
from sem_ray.stages.generation import noise_for
from sem_ray.stages.victims import victim_for

__all__ = [
    "Accuracy",
    "Outcome",
    "evaluate_noise",
    "metric_names",
    "noise_for",
    "run_experiment",
    "victim_for",
]
