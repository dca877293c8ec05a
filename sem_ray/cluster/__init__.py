"""The Ray side of one generation or one victim: actors that own shards, and the group they form."""

from sem_ray.cluster.process_settings import set_variables

set_variables()  # before the imports below, which import Ray

from sem_ray.cluster.backend import OnActors  # noqa: E402
from sem_ray.cluster.placement import ReservedBundles, reserved, within_trial  # noqa: E402
from sem_ray.cluster.ray_session import ray_session  # noqa: E402

__all__ = ["OnActors", "ReservedBundles", "ray_session", "reserved", "within_trial"]
