"""What was made, by identity: artifacts in the local store."""

from sem_ray.store.artifacts import (
    WAY_OUT,
    Store,
)

__all__ = ["WAY_OUT", "Store"]
