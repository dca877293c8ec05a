"""What is alive: actors by their processes, and what Ray still holds for them."""

from __future__ import annotations

import time
from pathlib import Path

import ray
from ray.util.placement_group import placement_group_table


def members(ancestor: int) -> list[int]:
    """Process ids of the noise shards' actors below the process `ancestor`."""
    return _workers("ray::NoiseShard", ancestor)


def trial_workers(ancestor: int) -> list[int]:
    """Process ids of the workers that run trials of Tune below the process `ancestor`."""
    return _workers("ray::ImplicitFunc", ancestor)


def _workers(prefix: str, ancestor: int) -> list[int]:
    """Ray names a worker's process after what it runs."""
    return sorted(
        pid
        for pid, (name, _) in _processes().items()
        if name.startswith(prefix) and _below(pid, ancestor)
    )


def daemon(name: str, ancestor: int) -> int | None:
    """Process id of the `raylet` or `gcs_server` below the process `ancestor`, if there is one."""
    for pid, (command, _) in _processes().items():
        if command.endswith(f"/{name}") and _below(pid, ancestor):
            return pid
    return None


def family(ancestor: int) -> set[int]:
    """The process `ancestor` and all below it."""
    return {pid for pid in _processes() if _below(pid, ancestor)}


def alive(pids: set[int], within: float = 30.0) -> list[str]:
    """Commands of those that have not ended after `within` seconds, but for Ray's agents, which
    need up to a minute to notice that their raylet was killed."""
    end = time.monotonic() + within
    while True:
        processes = _processes()
        left = [processes[pid][0] for pid in pids & set(processes)]
        working = [name for name in left if name and "Agent" not in name]  # a zombie has no name
        if not working or time.monotonic() > end:
            return working
        time.sleep(0.2)


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
