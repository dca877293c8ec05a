r"""The methods side by side: clean and protected accuracy of victims, generation time and passes.

    python -m benchmarks.protection.methods DATA --limit 1000 --seeds 0 1 --out FILE.json \
        --table FILE.md

Runs are written to `--out` as they come, and those found there are not made again.

Hypothesis: at the quick preset every method lowers a standard victim's accuracy; only sem and rem
keep most of that under adversarial training.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

from torch import Tensor

from benchmarks.harness.machine import description
from sem_ray import evaluate, protect
from sem_ray.methods import METHODS
from sem_ray.networks import FrozenTwin
from sem_ray.training import Trainer

VARIANTS = {
    "em class-wise": ("noise.method=em", "noise.em.class_wise=true"),
    "em on views": ("noise.method=em", "noise.parity.augmented_em=true"),
} | {method: (f"noise.method={method}",) for method in METHODS}
SPREAD = 2.0
"""Accuracies that lie within so many times their range over seeds are not told apart."""


@dataclass
class Passes:
    """Images that went forward and backward through a surrogate."""

    images: int = 0


@contextmanager
def counted() -> Iterator[Passes]:
    """Count passes as they happen. EM's number of loops is known no other way; NTGA and shortcuts
    have none, though NTGA has kernels instead."""
    found = Passes()
    gradient, step = FrozenTwin.gradient, Trainer.step

    def counted_gradient(twin: FrozenTwin, images: Tensor, labels: Tensor) -> Tensor:
        found.images += len(images)
        return gradient(twin, images, labels)

    def counted_step(
        trainer: Trainer, number: int, images: Sequence[Tensor], labels: Sequence[Tensor]
    ) -> Tensor:
        found.images += sum(len(part) for part in images)
        return step(trainer, number, images, labels)

    gradients = patch.object(FrozenTwin, "gradient", counted_gradient)
    with gradients, patch.object(Trainer, "step", counted_step):
        yield found


def one_run(options: argparse.Namespace, method: str, seed: int, folder: Path) -> dict[str, Any]:
    """Figures of one method and seed. Clean victims come from the store after the first method."""
    common: dict[str, Any] = {
        "preset": options.preset,
        "limit": options.limit,
        "settings": [*options.set, *VARIANTS[method]],
        "seed": seed,
        "store": folder / "store",
        "device": options.device,
    }
    start = time.process_time()
    with counted() as passes:
        place = folder / f"{method}-{seed}".replace(" ", "-")
        made = protect(options.data, place, check=False, **common)
    seconds = time.process_time() - start
    found = evaluate(options.data, made.folder, options.radii, **common)
    figures: dict[str, Any] = {
        "method": method,
        "seed": seed,
        "noise": made.identity,
        "radius": made.radius,
        "generation_cpu_seconds": round(seconds, 1),
        "passes_per_image": round(passes.images / made.images, 1),
    }
    for row in found.accuracies:
        for side, victim in (("clean", row.clean), ("protected", row.protected)):
            if victim is not None:
                figures[f"{side}@{row.radius:g}"] = round(victim.last, 2)
    return figures


def table(rows: list[dict[str, Any]], radii: list[float]) -> str:
    """Markdown: mean ± half the range over seeds; a row a method, clean images first."""
    heads = [f"ρ={radius:g}" for radius in radii]
    lines = [
        f"| trained on | {' | '.join(heads)} | generation, CPU s | passes an image |",
        "|---|" + "---|" * (len(radii) + 2),
        f"| clean | {' | '.join(_spread(rows, f'clean@{radius:g}') for radius in radii)} | | |",
    ]
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        cells = [_spread(own, f"protected@{radius:g}") for radius in radii]
        cells += [_spread(own, name) for name in ("generation_cpu_seconds", "passes_per_image")]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def not_separated(rows: list[dict[str, Any]], radius: float) -> list[str]:
    """Pairs of methods whose means lie within `SPREAD` times the larger range over seeds."""
    values = {
        method: [row[f"protected@{radius:g}"] for row in rows if row["method"] == method]
        for method in dict.fromkeys(row["method"] for row in rows)
    }
    found = []
    names = list(values)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            ranges = [max(values[name]) - min(values[name]) for name in (one, other)]
            apart = abs(statistics.mean(values[one]) - statistics.mean(values[other]))
            if apart <= SPREAD * max(ranges):
                found.append(f"{one}/{other}")
    return found


def _spread(rows: list[dict[str, Any]], name: str) -> str:
    values = sorted({row["seed"]: float(row[name]) for row in rows}.values())
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{statistics.mean(values):.1f} ± {(max(values) - min(values)) / 2:.1f}"


def report(options: argparse.Namespace, rows: list[dict[str, Any]]) -> str:
    unclear = [
        f"- ρ={radius:g}: {', '.join(not_separated(rows, radius)) or 'all told apart'}"
        for radius in options.radii
    ]
    if len(options.seeds) == 1:
        unclear = ["- unknown: one seed has no range"]
    size = "all" if options.limit is None else f"{options.limit:,}"
    settings = ", ".join([f"preset {options.preset}", *options.set])
    return "\n".join(
        [
            f"{Path(options.data).name}, {size} training images, {settings}; seeds "
            f"{', '.join(map(str, options.seeds))}. Accuracy in % on clean test images, mean ± "
            "half the range over seeds.",
            "",
            table(rows, options.radii),
            "",
            f"Pairs this run does not tell apart (means within {SPREAD:g} ranges over seeds):",
            *unclear,
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(VARIANTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--radii", type=float, nargs="+", default=[0, 2])
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    rows = _found(options.out)
    with tempfile.TemporaryDirectory() as folder:
        for seed, method in product(options.seeds, options.methods):
            if (seed, method) not in {(row["seed"], row["method"]) for row in rows}:
                rows.append(one_run(options, method, seed, Path(folder)))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
                _write(options, rows)
    text = report(options, rows)
    print(text)
    if options.table:
        options.table.write_text(text + "\n", encoding="utf-8")


def _found(out: Path | None) -> list[dict[str, Any]]:
    """Runs that an earlier call left."""
    if out is None or not out.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))["runs"]
    return rows


def _write(options: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    if options.out is None:
        return
    shown = {name: getattr(options, name) for name in ("preset", "limit", "set", "seeds", "radii")}
    result = {"machine": description(), "data": Path(options.data).name, **shown, "runs": rows}
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
