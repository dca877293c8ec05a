"""One training step, clean or adversarial: the surrogate's and every victim's."""

from sem_ray.training.pgd import Attack
from sem_ray.training.schedule import finite_loss, learning_rate
from sem_ray.training.trainer import ParallelContext, Trainer

__all__ = ["Attack", "ParallelContext", "Trainer", "finite_loss", "learning_rate"]
