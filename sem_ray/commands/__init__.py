"""The verbs of the command line. Each parses, calls the typed function of its name, and shows."""

from sem_ray.commands import experiments, noise_files, studies
from sem_ray.commands.app import app

__all__ = ["app", "experiments", "noise_files", "studies"]
