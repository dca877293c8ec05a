"""The verbs of the command line. Each parses, calls the typed function of its name, and shows."""

from sem_ray.cli.app import app
from sem_ray.cli.commands import experiments, noise_files, studies

__all__ = ["app", "experiments", "noise_files", "studies"]
