"""The commands. Each parses, calls the typed function of its name, and shows."""

from sem_ray.cli.app import app
from sem_ray.cli.commands import (
    ablations,
    completion,
    experiments,
    fidelity,
    noise_files,
    pareto,
    records,
    schemas,
    studies,
    study_list,
)

__all__ = [
    "ablations",
    "app",
    "completion",
    "experiments",
    "fidelity",
    "noise_files",
    "pareto",
    "records",
    "schemas",
    "studies",
    "study_list",
]
