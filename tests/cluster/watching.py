"""What is alive: actors by their processes, and what Ray still holds for them."""

from __future__ import annotations

import time
from pathlib import Path

import ray
from ray.util.placement_group import placement_group_table


def members(ancestor: int) -> list[int]:
    """Process ids of the noise shards' actors below the process `ancestor`. (Ray names a worker's
    process after what it runs.)"""
    return sorted(
        pid
        for pid, (name, _) in _processes().items()
        if name.startswith("ray::NoiseShard") and _below(pid, ancestor)
    )


def stray(seconds: float = 15.0) -> list[str]:
    """Placement groups and resources still held on the connected cluster, after a moment."""
    end = time.monotonic() + seconds
    while True:
        held = [key for key, row in placement_group_table().items() if row["state"] != "REMOVED"]
        used = _cpus(ray.cluster_resources()) - _cpus(ray.available_resources())
        if not held and not used:
            return []
        if time.monotonic() > end:
            return [*held, f"{used:g} CPUs in use"]
        time.sleep(0.2)


def _cpus(resources: dict[str, float]) -> float:
    return resources.get("CPU", 0.0)


def _processes() -> dict[int, tuple[str, int]]:
    """Process id → name and parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name = (entry / "cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it ended meanwhile
        found[int(entry.name)] = (name, int(parent))
    return found


def _below(pid: int, ancestor: int) -> bool:
    processes = _processes()
    while pid in processes and pid != ancestor:
        pid = processes[pid][1]
    return pid == ancestor
