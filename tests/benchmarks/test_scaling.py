"""The model of scaling keeps to its formulas and limits; the benchmarks of actors print what they
measured, at toy size."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scaling import model
from benchmarks.scaling.machines import CORES, GPUS
from benchmarks.scaling.step_costs import (
    Link,
    Machine,
    efficiency,
    lost_share,
    outweighed,
    step,
    strong,
    weak,
)
from benchmarks.scaling.step_work import Workload
from benchmarks.speed import pass_counts
from sem_ray.networks import build_network
from sem_ray.spec import ExperimentSpec

ROOT = Path(__file__).parents[2]
PAPER = Workload.of(ExperimentSpec(), 10, (3, 32, 32))


def run(module: str, *words: object) -> Any:
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    def between(low: float, high: float) -> float:
        return draw(st.floats(low, high))

    def link() -> Link:
        hidden, tree = between(0, 1), draw(st.booleans())
        return Link(between(1e8, 1e12), between(0, 1e-3), between(0, 1e-4), tree, hidden)

    return Machine(
        flops=between(1e9, 1e15),
        launch=between(0, 1e-3),
        memory=between(1e9, 1e13),
        devices=draw(st.integers(1, 16)),
        inside=link(),
        between=draw(st.one_of(st.none(), st.builds(link))),
        gradient_bytes=draw(st.sampled_from([4, 8])),
        report=between(0, 1e-2),
        call=between(0, 1e-3),
        state=between(1e8, 1e10),
    )


@pytest.mark.parametrize(("members", "tree", "hops"), [(2, False, 2), (5, False, 8), (5, True, 6)])
def test_a_sum_sends_its_bytes_around_the_ring_and_waits_for_each_hop(
    members: int, tree: bool, hops: int
) -> None:
    link = Link(bandwidth=1e9, latency=1e-5, start=1e-4, tree=tree)
    sent = 2 * (members - 1) / members * 3e6 / 1e9
    assert link.sum_seconds(members, 3e6) == pytest.approx(1e-4 + sent + hops * 1e-5)


@given(machines())
def test_one_member_has_nobody_to_wait_for(machine: Machine) -> None:
    alone = step(PAPER, machine, 1)
    assert alone.communication == 0
    assert alone.compute >= PAPER.batch * PAPER.flops / machine.flops * 0.999


@given(machines(), st.integers(1, 128), st.integers(1, 1024))
def test_no_member_is_faster_among_others_than_alone(
    machine: Machine, sharing: int, growing: int
) -> None:
    one = strong(PAPER, machine, 1)
    assert efficiency(one, strong(PAPER, machine, sharing)) <= 1 + 1e-9
    assert efficiency(one, weak(PAPER, machine, growing)) <= 1 + 1e-9


@given(machines(), st.integers(1, 127))
def test_more_members_have_smaller_parts_and_longer_sums(machine: Machine, members: int) -> None:
    network = replace(machine, devices=1024)
    work = replace(PAPER, shards=128)
    few, more = (step(work, network, count) for count in (members, members + 1))
    assert more.compute <= few.compute * (1 + 1e-9)
    assert more.norms >= few.norms * (1 - 1e-9)


def test_actors_beyond_the_cores_take_turns() -> None:
    two, four = (strong(PAPER, replace(CORES, devices=2), count) for count in (2, 4))
    assert four.compute == pytest.approx(two.compute)
    assert four.seconds > two.seconds


def test_more_members_than_shards_are_refused() -> None:
    with pytest.raises(ValueError, match="9 members cannot share 8 shards"):
        step(PAPER, GPUS, 9)
    with pytest.raises(ValueError, match="129 members cannot share 128 images"):
        strong(PAPER, GPUS, 129)


def test_what_hides_behind_the_backward_pass_is_not_waited_for() -> None:
    slow = replace(GPUS, inside=Link(1e9, 1e-6))
    hidden = step(PAPER, slow, 2).gradients
    apart = step(PAPER, replace(slow, inside=Link(1e9, 1e-6, hidden=0.0)), 2).gradients
    assert 0 < hidden < apart
    assert apart == pytest.approx(4 * PAPER.parameters / 1e9, rel=1e-3)


def test_the_step_is_the_networks_and_the_papers() -> None:
    network = build_network("resnet18", 10, 3, 0)
    assert PAPER.parameters == sum(value.numel() for value in network.parameters())
    assert sum(size for size, _ in PAPER.buckets) == PAPER.parameters
    assert [full for _, full in PAPER.buckets] == sorted(full for _, full in PAPER.buckets)
    assert PAPER.buckets[-1][1] == pytest.approx(1)
    assert (PAPER.norms, PAPER.channels) == (20, 4800)
    whole = pass_counts.sem_step(ExperimentSpec(), 10, (3, 32, 32)).flops
    assert PAPER.batch * PAPER.flops == pytest.approx(whole)


def test_failures_cost_half_an_interval_and_the_gathering() -> None:
    assert lost_share(10, 1000.0, 60.0, 3.0) == pytest.approx(0.33)
    assert lost_share(10_000, 1000.0, 60.0, 3.0) == 1


def test_the_model_prints_its_predictions() -> None:
    found = run("scaling.model", "--json")
    assert {"cores", "gpus", "cifar10", "imagenet-subset", "imagenet", "lost_share"} <= set(found)
    rows = found["cifar10"]["weak"]["rows"]
    assert [row["members"] for row in rows] == [2**power for power in range(11)]
    assert {"seconds", "images_per_second", "efficiency", "compute", "norms"} <= set(rows[0])
    assert found["imagenet"][0]["noise_bytes"] == pytest.approx(193e9, rel=1e-2)
    crossing = found["cifar10"]["compiled"]["outweighed"]
    steps = [strong(PAPER, replace(GPUS, launch=1e-4), 2**power) for power in range(8)]
    assert crossing == outweighed(steps) == 16


@pytest.mark.long
def test_actors_are_measured_and_stand_beside_the_model(tmp_path: Path) -> None:
    out = tmp_path / "scaling.json"
    words = ["--preset", "quick", "--batch", 8, "--images", 16, "--size", 8, "--rounds", 1]
    found = run("scaling.measured", *words, "--actors", 1, 2, "--steps", 2, "--json", "--out", out)
    assert found == json.loads(out.read_text(encoding="utf-8"))
    assert found["shards"] == 4
    one, two = found["variants"]
    assert (one["ratio"], len(one["member_seconds"]), len(two["member_seconds"])) == (1, 1, 2)
    for row in (one, two):
        assert row["images_per_second"] == pytest.approx(8 / row["seconds"])
        assert max(row["member_seconds"]) <= row["slowest_seconds"] <= row["seconds"]
        assert 0 < row["driver_percent"] < 100
    rows = run("scaling.model", "--measure", "--beside", out, "--json")["cores"]["rows"]
    assert [row["measured_ratio"] for row in rows] == [1, two["ratio"], None]


@pytest.mark.long
def test_a_killed_actor_is_timed() -> None:
    found = run("scaling.recovery", "--kills", 1)
    assert len(found["all_seconds"]) == 1
    assert 0 < found["seconds"] < 60


def test_presets_of_the_model_are_presets() -> None:
    assert all(model.workload(name).batch == 128 for name in model.PRESETS)
