"""What an experiment is: frozen models, units, overrides, identity."""

from sem_ray.spec.base import default_step_size, unit
from sem_ray.spec.data import Augmentation, CropFlip, DataSpec, ResizedCrop
from sem_ray.spec.experiment import (
    ExperimentSpec,
    NoiseSpec,
    Precision,
    SurrogateSpec,
    VictimSpec,
)
from sem_ray.spec.methods import Phase
from sem_ray.spec.training import AttackSpec, TrainingSpec

__all__ = [
    "AttackSpec",
    "Augmentation",
    "CropFlip",
    "DataSpec",
    "ExperimentSpec",
    "NoiseSpec",
    "Phase",
    "Precision",
    "ResizedCrop",
    "SurrogateSpec",
    "TrainingSpec",
    "VictimSpec",
    "default_step_size",
    "unit",
]
