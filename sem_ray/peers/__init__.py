"""Whoever shares a run: nobody, or the members of a `torch.distributed` group."""

from sem_ray.peers.alone import ALONE, PeerLost, Peers, Waiting
from sem_ray.peers.exact import quantised

__all__ = ["ALONE", "PeerLost", "Peers", "Waiting", "quantised"]
