"""What can be said of noise and of images in figures: pure functions of tensors."""

from sem_ray.measures.changes import Changes, changes
from sem_ray.measures.separability import Separability, separability
from sem_ray.measures.survival import grey, jpeg, left_by

__all__ = ["Changes", "Separability", "changes", "grey", "jpeg", "left_by", "separability"]
