"""Workers that share a run: shards, sums over all, and how workers meet."""

from sem_ray.distributed.communicator import LOCAL, Communicator, Work, WorkerLost
from sem_ray.distributed.exact_sum import quantised

__all__ = ["LOCAL", "Communicator", "Work", "WorkerLost", "quantised"]
