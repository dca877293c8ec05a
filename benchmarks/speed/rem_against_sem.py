"""What a step of REM costs beside one of SEM: passes counted, time measured in turn in one run.

    python -m benchmarks.speed.rem_against_sem --preset cifar10 --batch 8 --rounds 1 --threads 1

Hypothesis: time goes by passes, so REM's step takes 9.2 times as long (561 passes against 61).
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
from sem_ray.methods.alternating.engine import Engine
from sem_ray.spec import ExperimentSpec

NAMES = ("sem", "rem")


def measured(chosen: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    """Everything, from one run, in the first of the precisions."""
    data = rates.images(chosen, device)
    specs = {name: experiment(chosen, name) for name in NAMES}
    works: dict[str, timing.Work] = {
        name: partial(Engine(spec, data).step, 0) for name, spec in specs.items()
    }
    seconds = timing.interleaved(works, chosen.rounds, device)
    counts = {
        name: pass_counts.sem_step(spec, chosen.classes, data.shape).passes
        for name, spec in specs.items()
    }
    return {
        "machine": description(),
        "preset": chosen.preset,
        "precision": chosen.precisions[0],
        "network": specs["sem"].surrogate.network,
        "batch": specs["sem"].surrogate.batch,
        "by_passes": counts["rem"] / counts["sem"],
        "measured": timing.median(
            [rem / sem for sem, rem in zip(*(seconds[name] for name in NAMES), strict=True)]
        ),
        "variants": [
            {
                "variant": name,
                "passes": counts[name],
                "seconds": timing.median(seconds[name]),
                "all_seconds": seconds[name],
            }
            for name in NAMES
        ],
    }


def experiment(chosen: argparse.Namespace, method: str) -> ExperimentSpec:
    spec = rates.experiment(chosen, chosen.precisions[0])
    return spec.model_copy(update={"noise": spec.noise.model_copy(update={"method": method})})


def main() -> None:
    chosen = rates.parsed(rates.options((__doc__ or "").splitlines()[0]))
    result = measured(chosen, pick_device(chosen.device))
    title = (
        f"{result['preset']}, {result['network']}, batch {result['batch']}, "
        f"{result['precision']}: rem / sem {result['by_passes']:.1f} by passes, "
        f"{result['measured']:.1f} as measured"
    )
    rates.report(chosen, result, title)


if __name__ == "__main__":
    main()
