"""From images to noise by any method: on one device, or as one member of a group."""

from sem_ray.generation.generate import Generated, Generation, GenerationPlan, generate
from sem_ray.methods import split_of
from sem_ray.methods.alternating import Engine

__all__ = ["Engine", "Generated", "Generation", "GenerationPlan", "generate", "split_of"]
