"""Filters that may be applied to images before a network is trained on them."""

from sem_ray.countermeasures.filters import Filter, grey, jpeg

__all__ = ["Filter", "grey", "jpeg"]
