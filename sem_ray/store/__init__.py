"""What was made, by identity: artifacts in the local store."""

from sem_ray.store.artifacts import (
    READABLE,
    REMEDY,
    Store,
    try_writing,
    whole_folder,
    write_json,
)

__all__ = ["READABLE", "REMEDY", "Store", "try_writing", "whole_folder", "write_json"]
