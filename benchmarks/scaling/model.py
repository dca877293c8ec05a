"""Generations on 1 to 1,024 devices, on paper; docs/scaling.md says how it is reckoned.

    python -m benchmarks.scaling.measured --actors 1 2 --out scaling.json
    python -m benchmarks.scaling.model --measure --beside scaling.json

Hypothesis: with a batch that grows with them, 1,024 GPUs keep 80% of their rate; the published
batch of 128 images keeps no more than a few GPUs busy.

With --measure the constants of CPUs are this machine's: a sum between two processes, and memory.
With --beside the rate of a core is what one actor reached there, and the other counts of actors
stand beside what is predicted for them. Constants of GPUs are stated, not measured.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.harness import tables
from benchmarks.harness.machine import description
from benchmarks.scaling import allreduce, driver_calls
from benchmarks.scaling.machines import BETWEEN_FAILURES, CORES, GPUS, REPLAY
from benchmarks.scaling.step_costs import (
    Machine,
    Step,
    efficiency,
    lost_share,
    outweighed,
    repeated_seconds,
    strong,
    weak,
)
from benchmarks.scaling.step_work import Workload
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged, preset
from sem_ray.spec.validation import validated

COUNTS = tuple(2**power for power in range(11))
PRESETS = {"cifar10": (3, 32, 32), "imagenet-subset": (3, 256, 256)}
IMAGENET = (1_281_167, 3, 224, 224)
"""Images of the whole of ImageNet's training set, as the preset sees them."""


def workload(name: str, batch: int | None = None, **changes: Any) -> Workload:
    """Of a preset on images of its size."""
    change = merged({"surrogate": {"batch": batch}} if batch else {}, changes)
    spec = validated(ExperimentSpec, merged(preset(name), change), "model")
    return Workload.of(
        spec, 100 if name == "imagenet-subset" else 10, PRESETS.get(name, (3, 32, 32))
    )


def cores(chosen: argparse.Namespace, beside: dict[str, Any] | None, work: Workload) -> Machine:
    """This machine's, as far as it was asked to be measured."""
    machine = CORES
    if chosen.measure:
        report, call = driver_calls.driver()
        machine = replace(
            machine, inside=allreduce.gloo(), memory=allreduce.memory(), report=report, call=call
        )
    if beside is None:
        return machine
    one: float = next(row for row in beside["variants"] if row["actors"] == 1)["slowest_seconds"]
    state: dict[str, float] = beside["state"]
    rate = state["bytes"] / state["seconds"]
    seconds = one - repeated_seconds(work, machine)
    return replace(machine, flops=work.flops * work.batch / seconds, state=rate)


def predicted(
    work: Workload,
    machine: Machine,
    way: Callable[[Workload, Machine, int], Step],
    counts: Sequence[int] = COUNTS,
) -> dict[str, Any]:
    """A row for each count of members."""
    steps = [way(work, machine, count) for count in counts]
    one = way(work, machine, 1)
    rows = [
        {
            **asdict(each),
            "seconds": each.seconds,
            "images_per_second": each.images_per_second,
            "ratio": each.images_per_second / one.images_per_second,
            "efficiency": efficiency(one, each),
        }
        for each in steps
    ]
    return {"rows": rows, "outweighed": outweighed(steps)}


def on_cores(chosen: argparse.Namespace) -> dict[str, Any]:
    """1, 2 and 4 actors of this machine, those of --beside next to them."""
    beside = json.loads(chosen.beside.read_text(encoding="utf-8")) if chosen.beside else None
    work = workload("cifar10", chosen.batch, shards=4)
    if beside:
        changes = {"shards": beside["shards"], "surrogate": {"network": beside["network"]}}
        work = workload(beside["preset"], beside["batch"], **changes)
    machine = cores(chosen, beside, work)
    counts = [count for count in (1, 2, 4) if count <= work.shards]
    result = predicted(work, machine, strong, counts)
    seen = {row["actors"]: row for row in beside["variants"]} if beside else {}
    for row in result["rows"]:
        there = seen.get(row["members"], {})
        row["measured_seconds"] = there.get("seconds")
        row["measured_ratio"] = there.get("ratio")
    return {"machine": asdict(machine), **result}


def on_gpus(name: str) -> dict[str, Any]:
    """A preset's step in bfloat16; `compiled` is the same batch with passes replayed as graphs."""
    work = workload(name)
    shared = [count for count in COUNTS if count <= work.batch]
    return {
        "work": asdict(work),
        "strong": predicted(work, GPUS, strong, shared),
        "compiled": predicted(work, replace(GPUS, launch=REPLAY), strong, shared),
        "weak": predicted(work, GPUS, weak),
    }


def whole_imagenet() -> list[dict[str, float]]:
    """Bytes of noise and of images that lie with each member."""
    count, *shape = IMAGENET
    noise = count * math.prod(shape)
    return [
        {"members": members, "noise_bytes": noise / members, "both_bytes": 2 * noise / members}
        for members in (1, 8, 64, 1024)
    ]


def everything(chosen: argparse.Namespace) -> dict[str, Any]:
    interval, recovery = GPUS.interval, chosen.recovery
    return {
        "made_on": description(),
        "cores": on_cores(chosen),
        "gpus": asdict(GPUS),
        **{name: on_gpus(name) for name in PRESETS},
        "imagenet": whole_imagenet(),
        "lost_share": {
            count: lost_share(count, BETWEEN_FAILURES, interval, recovery) for count in COUNTS
        },
    }


COLUMNS: tables.Columns = {
    "members": ("members", "{:,.0f}", 1),
    "batch": ("batch", "{:,.0f}", 1),
    "compute": ("passes, ms", "{:,.1f}", 1e3),
    "repeated": ("alike, ms", "{:,.2f}", 1e3),
    "norms": ("norms, ms", "{:,.2f}", 1e3),
    "gradients": ("gradients, ms", "{:,.2f}", 1e3),
    "driver": ("driver, ms", "{:,.2f}", 1e3),
    "checkpoint": ("state, ms", "{:,.2f}", 1e3),
    "images_per_second": ("images/s", "{:,.4g}", 1),
    "ratio": ("× one", "{:,.2f}", 1),
    "efficiency": ("of one", "{:.2f}", 1),
    "measured_ratio": ("measured", "{:.2f}", 1),
    "noise_bytes": ("noise, GB", "{:,.2f}", 1e-9),
    "both_bytes": ("images and noise, GB", "{:,.2f}", 1e-9),
}


WAYS = {
    "strong": "the same batch",
    "compiled": "the same batch, compiled",
    "weak": "a batch that grows",
}


def show(result: dict[str, Any]) -> None:
    tables.show("actors on the cores of this machine", result["cores"]["rows"], COLUMNS)
    for name in PRESETS:
        for way, title in WAYS.items():
            found = result[name][way]
            beyond = found["outweighed"]
            last = f"from {beyond} on" if beyond else "never here"
            tables.show(
                f"{name} on GPUs, {title}; communication outweighs passes {last}",
                found["rows"],
                COLUMNS,
            )
    tables.show("the whole of ImageNet, by each member", result["imagenet"], COLUMNS)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--measure", action="store_true", help="this machine's sums and memory")
    parser.add_argument(
        "--beside", type=Path, help="what benchmarks.scaling.measured wrote with --out"
    )
    parser.add_argument("--batch", type=int, default=16, help="of the cores, without --beside")
    parser.add_argument("--recovery", type=float, default=3.0, help="seconds to gather again")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    chosen = parser.parse_args()
    result = everything(chosen)
    text = json.dumps(result, indent=2)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    if chosen.json:
        print(text)
    else:
        show(result)


if __name__ == "__main__":
    main()
