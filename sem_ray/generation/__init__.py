"""The alternating optimisation on one device."""

from sem_ray.generation.engine import Engine
from sem_ray.generation.generate import Generated, generate

__all__ = ["Engine", "Generated", "generate"]
