"""The protection methods by name. A method says only what differs from the alternating
optimisation that all of them share; a new one is a file here and a line below."""

from sem_ray.methods.method import Method
from sem_ray.methods.sem import SEM

METHODS: dict[str, Method] = {method.name: method for method in (SEM,)}

__all__ = ["METHODS", "Method"]
