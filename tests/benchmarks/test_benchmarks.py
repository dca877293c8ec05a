"""The benchmarks run, count what PyTorch counts, and the GPU script resumes; at toy size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.harness import timing
from benchmarks.speed import pass_counts
from sem_ray.methods.alternating.engine import Engine
from sem_ray.victims import VictimSteps
from tests.samples import random_images, tiny_spec

ROOT = Path(__file__).parents[2]
TINY = ("surrogate.batch=16", "surrogate.steps=4", "victim.batch=16", "victim.steps=6")


def test_counted_work_of_a_noise_step_is_what_pytorch_counts() -> None:
    spec, images = tiny_spec(precision="float32"), random_images(13)
    work = pass_counts.sem_step(spec, 3, images.shape)
    assert work.passes == 3 * 2 + 2 + 1
    engine = Engine(spec, images.rows)
    assert timing.flops(lambda: engine.step(0)) == pytest.approx(work.flops, rel=0.02)


def test_counted_work_of_an_adversarial_noise_phase_is_what_pytorch_counts() -> None:
    spec = tiny_spec(precision="float32", noise={"noise_phase": "adversarial"})
    images = random_images(13)
    work = pass_counts.sem_step(spec, 3, images.shape)
    assert work.passes == 3 * 2 * (1 + 2) + 2 + 1
    engine = Engine(spec, images.rows)
    assert timing.flops(lambda: engine.step(0)) == pytest.approx(work.flops, rel=0.02)


@pytest.mark.parametrize(("radius", "count"), [(0, 1), (4, 3)])
def test_counted_work_of_a_victims_step_is_what_pytorch_counts(radius: float, count: int) -> None:
    spec, images = tiny_spec(precision="float32"), random_images(13)
    work = pass_counts.victim_step(spec, radius, 3, images.shape)
    assert work.passes == count
    steps = VictimSteps(spec, radius, images.rows)
    assert timing.flops(lambda: steps.step(0)) == pytest.approx(work.flops, rel=0.02)


def test_the_papers_step_has_61_passes() -> None:
    from sem_ray.spec import ExperimentSpec

    work = pass_counts.sem_step(ExperimentSpec(), 10, (3, 32, 32))
    assert work.passes == 61
    assert work.flops == pytest.approx(128 * (60 * 2.23e9 + 3.34e9), rel=0.01)


def test_a_step_of_rem_has_561_passes_9_2_times_those_of_sem() -> None:
    from sem_ray.spec import ExperimentSpec, NoiseSpec

    rem = ExperimentSpec(noise=NoiseSpec(method="rem"))
    work, sem = (pass_counts.sem_step(spec, 10, (3, 32, 32)) for spec in (rem, ExperimentSpec()))
    assert work.passes == 561
    assert work.passes / sem.passes == pytest.approx(9.2, abs=0.01)


@pytest.mark.parametrize("module", ["engine", "victim"])
def test_rate_benchmarks_print_one_json_object(module: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.speed.{module}", "--preset", "quick"]
    command += ["--batch", "4"]
    command += ["--images", "8", "--size", "8", "--rounds", "1", "--device", "cpu", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)["variants"]
    assert all(row["of_gemm"] > 0 for row in rows)
    assert {"seconds", "flop_per_second", "gemm_flop_per_second", "peak_bytes"} <= set(rows[0])


def test_rem_and_streaming_are_set_beside_sem_and_resident_images() -> None:
    found = {}
    for module in ("rem_against_sem", "streaming"):
        command = [
            sys.executable,
            "-m",
            f"benchmarks.speed.{module}",
            "--preset",
            "quick",
            "--json",
        ]
        command += ["--batch", "4", "--images", "8", "--size", "8", "--rounds", "1"]
        command += ["--precisions", "float32", "--device", "cpu"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found[module] = json.loads(done.stdout)
    assert found["rem_against_sem"]["by_passes"] == (3 * 2 * 3 + 3) / (3 * 2 + 3)
    assert found["rem_against_sem"]["measured"] > 0
    assert len(found["streaming"]["variants"]) == 6
    assert set(found["streaming"]["reading"]) == {"cold", "warm"}


def test_memory_of_a_step_does_not_grow_with_the_number_of_images() -> None:
    """Above the set itself, of which the engine keeps images and int8 noise."""
    peaks = []
    for count in (64, 6400):
        images = random_images(count, size=32)
        engine = Engine(tiny_spec(precision="float32", surrogate={"batch": 64}), images.rows)
        engine.step(0)
        before = timing.peak_bytes(lambda: None, torch.device("cpu"))
        peaks.append(timing.peak_bytes(lambda: engine.step(1), torch.device("cpu")) - before)  # noqa: B023
    assert peaks[1] < peaks[0] + 8e6


def gpu_script(out: Path, minutes: float) -> str:
    command = ["bash", "benchmarks/gpu/run.sh", "--data", "digits", "--out", str(out)]
    command += ["--minutes", str(minutes), "--preset", "quick", "--limit", "40", "--device", "cpu"]
    command += ["--precision", "float32", "--radii", "0", "4", "--streamed", "8"]
    for setting in TINY:
        command += ["--set", setting]
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.long
def test_gpu_script_goes_on_until_nothing_is_missing(tmp_path: Path) -> None:
    first = gpu_script(tmp_path, 0.1)
    assert "left for the next call" in first
    last = gpu_script(tmp_path, 9)
    assert "missing" not in last
    names = {"engine", "generation", "phases", "streaming"}
    names |= {f"victim-{side}-{radius}" for side in ("clean", "protected") for radius in (0, 4)}
    assert {file.stem for file in tmp_path.glob("*.json")} == {"session", *names}
    assert not list(tmp_path.glob("*.checkpoint"))
    before = (tmp_path / "generation.json").read_text(encoding="utf-8")
    assert gpu_script(tmp_path, 9).count("begun") == 0
    assert (tmp_path / "generation.json").read_text(encoding="utf-8") == before
