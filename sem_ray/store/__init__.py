"""What was made, by identity: artifacts in the local store."""

from sem_ray.store.artifacts import REMEDY, BeingMade, Store

__all__ = ["REMEDY", "BeingMade", "Store"]
