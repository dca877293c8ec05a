"""Trials go to the GPUs of a cluster by themselves, and to those of one kind if the study says so.

The nodes only say that they have GPUs: where a trial finds none it computes on the processor.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.long
def test_trials_take_gpus_of_a_cluster_of_several_kinds(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.studies.run.fake_gpus", str(tmp_path / "store")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["open"]["ok"] and found["kind"]["ok"], found
    assert [ran.split()[0] in ("H100", "T4") for ran in found["open"]["ran"]] == [True] * 3
    assert {ran.split(" ", 1)[1] for ran in found["open"]["ran"]} == {"1 cpu"}
    assert found["kind"]["ran"] == ["T4 1 cpu"] * 3
    (said,) = found["kind"]["said"]
    assert said == "as resources say: a trial takes 1 core and 1 GPU (T4), 2 at once"
    assert (
        "GPUs of the kind T40 (did you mean T4?): there are H100, T4"
        in (found["unknown"]["refused"])
    )
