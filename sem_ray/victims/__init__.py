"""Victims: networks trained on protected images, on one device or as one worker of a group."""

from sem_ray.victims.accuracy import accuracy
from sem_ray.victims.train import (
    Training,
    Victim,
    VictimSchedule,
    VictimSteps,
    split_of,
    train_victim,
    victim_passes,
)

__all__ = [
    "Training",
    "Victim",
    "VictimSchedule",
    "VictimSteps",
    "accuracy",
    "split_of",
    "train_victim",
    "victim_passes",
]
