"""Training on protected images, standard or adversarial: on one device, or as one of a group."""

from sem_ray.victims.accuracy import accuracy
from sem_ray.victims.train import (
    Training,
    Victim,
    VictimSchedule,
    VictimSteps,
    split_of,
    train_victim,
)

__all__ = [
    "Training",
    "Victim",
    "VictimSchedule",
    "VictimSteps",
    "accuracy",
    "split_of",
    "train_victim",
]
