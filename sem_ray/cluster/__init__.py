"""The Ray side of one generation or one victim: actors that own shards, and the group they form."""

from sem_ray.cluster.backend import OnActors
from sem_ray.cluster.placement import ReservedBundles, reserved, within_trial
from sem_ray.cluster.ray_session import ray_session

__all__ = ["OnActors", "ReservedBundles", "ray_session", "reserved", "within_trial"]
