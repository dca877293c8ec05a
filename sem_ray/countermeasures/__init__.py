"""What somebody may do to images before training on them."""

from sem_ray.countermeasures.filters import Filter, grey, jpeg

__all__ = ["Filter", "grey", "jpeg"]
