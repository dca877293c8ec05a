"""The alternating optimisation: on one device, or as one member of a group."""

from sem_ray.generation.engine import Engine, split_of
from sem_ray.generation.generate import Generated, Generation, GenerationPlan, generate

__all__ = ["Engine", "Generated", "Generation", "GenerationPlan", "generate", "split_of"]
