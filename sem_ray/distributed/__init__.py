"""Whoever shares a run: nobody, or the members of a `torch.distributed` group."""

from sem_ray.distributed.communicator import LOCAL, Communicator, Work, WorkerLost
from sem_ray.distributed.exact_sum import quantised

__all__ = ["LOCAL", "Communicator", "Work", "WorkerLost", "quantised"]
