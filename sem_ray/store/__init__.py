"""What was made, by identity: artifacts in the local store."""

from sem_ray.store.artifacts import REMEDY, BeingMade, Store, StorePlace

__all__ = ["REMEDY", "BeingMade", "Store", "StorePlace"]
