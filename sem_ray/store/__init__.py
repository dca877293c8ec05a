"""What was made, by identity: artifacts in the local store."""

from sem_ray.store.artifacts import (
    REMEDY,
    Store,
)

__all__ = ["REMEDY", "Store"]
