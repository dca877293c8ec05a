"""The noise engine against the machine: work counted, rate measured, gradients compared.

    python -m benchmarks.speed.engine --preset cifar10 --batch 8 --threads 1

Hypothesis: in bfloat16 a step runs at 0.9 of the machine's matrix-product rate or more, and 2.1
times as fast as the published loop.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import torch

from benchmarks.harness import rates, timing
from benchmarks.harness.machine import description
from benchmarks.speed import pass_counts
from benchmarks.speed.published_step import PublishedStep
from sem_ray.data.image_set import Rows
from sem_ray.devices import pick_device, pixels
from sem_ray.methods.alternating.engine import Engine
from sem_ray.spec import ExperimentSpec, Precision
from sem_ray.training import Trainer

LOOP = "published loop, float32"


def measured(chosen: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    """Everything, from one run."""
    data = rates.images(chosen, device)
    works = variants(chosen, data)
    spec = rates.experiment(chosen, "float32")
    work = pass_counts.sem_step(spec, chosen.classes, data.shape)
    counts = dict.fromkeys(works, work.flops)
    trained = after_a_step(chosen, data)
    rows = rates.compared(works, counts, chosen.precisions, device, chosen.rounds)
    loop = next(row["seconds"] for row in rows if row["variant"] == LOOP)
    for row in rows:
        row["times_the_loop"] = loop / row["seconds"]
        row.update(agreement(data, chosen, row["variant"].rpartition(" ")[2], trained))
    return {
        "machine": description(),
        "preset": chosen.preset,
        "batch": spec.surrogate.batch,
        "images": chosen.images,
        "passes": work.passes,
        "flops": work.flops,
        "flops_by_pytorch": timing.flops(next(iter(works.values()))),
        "variants": rows,
    }


def variants(chosen: argparse.Namespace, data: Rows) -> dict[str, timing.Work]:
    """One step of each; the last word of a name is its precision."""
    works: dict[str, timing.Work] = {}
    for precision in chosen.precisions:
        plain = rates.experiment(chosen, precision)
        works[f"engine, {precision}"] = partial(Engine(plain, data).step, 0)
        if chosen.compiled:
            compiled = plain.model_copy(update={"compiled": True})
            works[f"engine compiled, {precision}"] = partial(Engine(compiled, data).step, 0)
    works[LOOP] = PublishedStep(Engine(rates.experiment(chosen, "float32"), data))
    return works


def after_a_step(chosen: argparse.Namespace, data: Rows) -> Trainer:
    """A float64 surrogate whose statistics are no longer those of its beginning."""
    engine = Engine(rates.experiment(chosen, "float64"), data)
    engine.step(0)
    return engine.surrogate


def agreement(
    data: Rows, chosen: argparse.Namespace, precision: Precision, trained: Trainer
) -> dict[str, float]:
    """Of a batch's image gradient with float64's, same weights: share of equal signs, cosine."""
    exact = gradient(data, rates.experiment(chosen, "float64"), trained)
    other = gradient(data, rates.experiment(chosen, precision), trained).double()
    cosine = torch.nn.functional.cosine_similarity(exact.flatten(), other.flatten(), dim=0)
    equal = (exact.sign() == other.sign()).double().mean()
    return {"equal_signs": float(equal), "cosine": float(cosine)}


def gradient(data: Rows, spec: ExperimentSpec, trained: Trainer) -> torch.Tensor:
    """Through the weights of `trained`, for one batch, in the precision of `spec`."""
    engine = Engine(spec, data)
    engine.surrogate.load(trained.state())
    rows = torch.arange(min(spec.surrogate.batch, len(data)), device=data.device)
    seen = pixels(data.images[rows], spec.precision)
    return engine.surrogate.frozen().gradient(seen, data.labels[rows])


def main() -> None:
    parser = rates.options((__doc__ or "").splitlines()[0])
    parser.add_argument("--compiled", action="store_true", help="the compiled engine as well")
    chosen = rates.parsed(parser)
    result = measured(chosen, pick_device(chosen.device))
    title = (
        f"{result['preset']}, batch {result['batch']}: {result['passes']} passes and "
        f"{result['flops'] / 1e9:,.1f} GFLOP a step "
        f"(PyTorch counts {result['flops_by_pytorch'] / 1e9:,.1f})"
    )
    rates.report(chosen, result, title)


if __name__ == "__main__":
    main()
