"""Whoever shares a run: nobody, or the members of a `torch.distributed` group."""

from sem_ray.distributed.communicator import ALONE, PeerLost, Peers, Waiting
from sem_ray.distributed.exact_sum import quantised

__all__ = ["ALONE", "PeerLost", "Peers", "Waiting", "quantised"]
