"""Training on protected images, standard or adversarial."""

from sem_ray.victims.accuracy import accuracy
from sem_ray.victims.train import Victim, VictimSteps, train_victim

__all__ = ["Victim", "VictimSteps", "accuracy", "train_victim"]
