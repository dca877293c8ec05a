"""Measurements of noise and of images: pure functions of tensors."""

from sem_ray.metrics.pixel_changes import Changes, changes
from sem_ray.metrics.separability import Separability, separability
from sem_ray.metrics.survival import left_by

__all__ = ["Changes", "Separability", "changes", "left_by", "separability"]
