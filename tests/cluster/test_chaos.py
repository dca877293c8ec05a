"""Whatever is killed, and whenever: every run ends with the undisturbed run's noise and leaves
nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def chaos(*words: object) -> dict[str, Any]:
    """What `tests.cluster.chaos` found, in a process of its own: Ray keeps state in the one that
    starts it."""
    command = [sys.executable, "-m", "tests.cluster.chaos", *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1200
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.long
def test_an_actor_a_node_and_a_driver_killed() -> None:
    found = chaos("--seed", 0, "--kills", 3, "--steps", 200)
    assert found["wrong"] == []
    assert sorted(found["kills"]) == ["actor", "driver", "node"]
    assert {2, 3} <= set(found["members"]), "nobody took over, or nobody came back"


@pytest.mark.long
@pytest.mark.timeout(1300)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_seven_kills_at_random_moments(seed: int) -> None:
    found = chaos("--seed", seed, "--kills", 7)
    assert found["wrong"] == []
    assert len(found["kills"]) == 7
