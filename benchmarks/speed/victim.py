"""Victims' steps against the machine: work counted, rate measured.

    python -m benchmarks.speed.victim --preset cifar10 --batch 8 --threads 1 --radius 4

Hypothesis: adversarial training runs near the engine's share of the matrix-product rate; standard
training, whose one pass updates BatchNorm and weights, below it.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import torch

from benchmarks.harness import rates, timing
from benchmarks.harness.machine import description
from benchmarks.speed import pass_counts
from sem_ray.devices import pick_device
from sem_ray.victims import VictimSteps


def measured(chosen: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    """Everything, from one run."""
    data = rates.images(chosen, device)
    works: dict[str, timing.Work] = {}
    flops: dict[str, float] = {}
    for radius in chosen.radius:
        for precision in chosen.precisions:
            spec = rates.experiment(chosen, precision)
            name = f"ρ {radius:g}, {precision}"
            works[name] = partial(VictimSteps(spec, radius, data).step, 0)
            flops[name] = pass_counts.victim_step(spec, radius, chosen.classes, data.shape).flops
    rows = rates.compared(works, flops, chosen.precisions, device, chosen.rounds)
    for row in rows:
        row["flops"] = flops[row["variant"]]
        row["flops_by_pytorch"] = timing.flops(works[row["variant"]])
    return {
        "machine": description(),
        "preset": chosen.preset,
        "batch": rates.experiment(chosen, "float32").victim.batch,
        "variants": rows,
    }


def main() -> None:
    parser = rates.options((__doc__ or "").splitlines()[0])
    parser.add_argument("--radius", type=float, nargs="+", default=[0, 4])
    chosen = rates.parsed(parser)
    result = measured(chosen, pick_device(chosen.device))
    rates.report(chosen, result, f"{result['preset']}, batch {result['batch']}: victims")


if __name__ == "__main__":
    main()
