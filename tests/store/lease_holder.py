"""A process that works under leases, for tests that kill or suspend it.

`hold STORE`: hold the lease of one artifact, say so, and finish it once a line comes in.
`race FOLDER LOG`: take a lease again and again, and note in LOG when its turn begins and ends.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from sem_ray.store import Store, lease

BEAT, EXPIRY = 0.1, 1.5
TURNS = 20


def hurry() -> None:
    """Beat and expire within seconds."""
    lease.BEAT, lease.EXPIRY, lease.LOOK = BEAT, EXPIRY, 0.01


def hold(store: Store) -> None:
    with store.making("noise", "abc"):
        print("held", flush=True)
        sys.stdin.readline()
        finish(store)
    print("finished", flush=True)


def finish(store: Store) -> None:
    with store.writing("noise", "abc") as folder:
        (folder / "text").write_text("whole")


def race(folder: Path, log: Path) -> None:
    number = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    chance = random.Random(os.getpid())
    for _ in range(TURNS):
        with lease.leased(folder):
            os.write(number, f"{os.getpid()} begins\n".encode())
            time.sleep(chance.uniform(0, 0.004))
            os.write(number, f"{os.getpid()} ends\n".encode())


if __name__ == "__main__":
    hurry()
    if sys.argv[1] == "hold":
        hold(Store(Path(sys.argv[2])))
    else:
        race(Path(sys.argv[2]), Path(sys.argv[3]))
