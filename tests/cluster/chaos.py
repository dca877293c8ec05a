"""Kills actors, nodes and drivers at random moments, and compares the noise with an undisturbed
run's: `python -m tests.cluster.chaos --seed 0 --kills 7`.

Three nodes of one core each on this machine. Prints one JSON object: the kills that were done, and
what was wrong with the runs, which should be nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # before Ray is imported

import torch
from ray.cluster_utils import Cluster

from sem_ray.methods.generation import generate
from tests.cluster import chaos_driver
from tests.cluster.watching import members

NODE = {"num_cpus": 1, "object_store_memory": 100_000_000, "node_ip_address": "127.0.0.1"}
KINDS = ("actor", "node", "driver")
WAIT = (0.5, 3.0)
"""Seconds of progress between kills."""


@dataclass
class Chaos:
    """One cluster, and what happens to it."""

    random: random.Random
    steps: int
    kills: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    members: set[int] = field(default_factory=set)
    """How many were at work at one time or another."""
    _joining: list[float] = field(default_factory=list)
    _next: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        head = {**NODE, "include_dashboard": False}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.workers: list[Any] = [self.cluster.add_node(**NODE) for _ in range(2)]

    def run(self, seed: int, wanted: int) -> None:
        """One generation, with kills until there were `wanted` in all."""
        spec, device = chaos_driver.spec(seed, self.steps), torch.device("cpu")
        plain = generate(spec, chaos_driver.IMAGES, device=device).noise
        with tempfile.TemporaryDirectory() as folder:
            lines = self._disturbed(folder, seed, wanted)
        made = [line.split()[1] for line in lines if line.startswith("made")]
        if made != [chaos_driver.digest(plain)]:
            self.wrong.append(f"seed {seed}: other noise, or none: {lines[-5:]}")
        if "left []" not in lines:
            self.wrong.append(f"seed {seed}: {lines[-1]}")
        if pids := members(os.getpid()):
            self.wrong.append(f"seed {seed}: actors still alive: {pids}")

    def _disturbed(self, folder: str, seed: int, wanted: int) -> list[str]:
        """The lines of the driver that finished."""
        while True:
            driver = Driver([str(self.cluster.address), folder, str(seed), str(self.steps)])
            while len(self.kills) < wanted and driver.progresses(
                self.random.uniform(*WAIT), self._tick
            ):
                kind = self._kind()
                if self._kill(kind, driver):
                    self.kills.append(kind)
                if kind == "driver":
                    break
            else:
                return self._read(driver)
            self._read(driver)

    def _read(self, driver: Driver) -> list[str]:
        lines = driver.ended(self._tick)
        self.members |= {int(line.split()[3]) for line in lines if line.startswith("at ")}
        return lines

    def _kind(self) -> str:
        """Each kind in turn, in orders of their own."""
        if not self._next:
            self._next = self.random.sample(KINDS, len(KINDS))
        return self._next.pop()

    def _tick(self) -> None:
        """Nodes join when their time has come."""
        if self._joining and self._joining[0] <= time.monotonic():
            self._joining.pop(0)
            self.workers.append(self.cluster.add_node(**NODE))

    def _kill(self, kind: str, driver: Driver) -> bool:
        if kind == "driver":
            driver.kill()
            return True
        if kind == "node":
            if not self.workers:
                return False
            gone = self.workers.pop(self.random.randrange(len(self.workers)))
            self.cluster.remove_node(gone, allow_graceful=False)
            self._joining.append(time.monotonic() + self.random.uniform(5, 8))
            return True
        pids = members(os.getpid())
        if pids:
            os.kill(self.random.choice(pids), signal.SIGKILL)
        return bool(pids)


class Driver:
    """A driver's process and what it said."""

    def __init__(self, words: list[str]) -> None:
        command = [sys.executable, "-m", "tests.cluster.chaos_driver", *words]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, self.lines)),
            threading.Thread(target=self._read, args=(self._process.stderr, self._errors)),
        ]
        for reader in self._readers:
            reader.start()

    def progresses(self, seconds: float, tick: Callable[[], None]) -> bool:
        """Wait for a report and `seconds` more; False where the work is done."""
        before = len(self.lines)
        end = time.monotonic() + 120
        while len(self.lines) == before and self._process.poll() is None:
            if time.monotonic() > end:
                self.kill()
                raise TimeoutError(f"no progress in two minutes: {self.lines[-3:]}")
            tick()
            time.sleep(0.05)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            tick()
            time.sleep(0.05)
        return self._process.poll() is None and not any(x.startswith("made") for x in self.lines)

    def kill(self) -> None:
        self._process.kill()

    def ended(self, tick: Callable[[], None]) -> list[str]:
        while (code := self._process.poll()) is None:
            tick()
            time.sleep(0.05)
        for reader in self._readers:
            reader.join()
        if code not in (0, -signal.SIGKILL):
            self.lines.append(f"ended with {code}: {''.join(self._errors)[-2000:]}")
        return self.lines

    @staticmethod
    def _read(stream: Any, lines: list[str]) -> None:
        lines.extend(line.rstrip() for line in stream)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=7)
    parser.add_argument("--steps", type=int, default=700, help="of each generation")
    chosen = parser.parse_args()
    chaos = Chaos(random.Random(chosen.seed), chosen.steps)
    runs = 0
    try:
        while len(chaos.kills) < chosen.kills and not chaos.wrong:
            chaos.run(chosen.seed * 1000 + runs, chosen.kills)
            runs += 1
    finally:
        chaos.cluster.shutdown()
    found = {"kills": chaos.kills, "runs": runs, "members": sorted(chaos.members)}
    print(json.dumps({**found, "wrong": chaos.wrong}))
    return 1 if chaos.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
