"""Training on protected images, standard or adversarial."""

from sem_ray.victims.train import Victim, accuracy, train_victim

__all__ = ["Victim", "accuracy", "train_victim"]
