"""Steps against the machine's matrix-product rate, measured in turn in one run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from benchmarks.harness import timing
from sem_ray.data.image_set import Rows
from sem_ray.devices import PASSES
from sem_ray.spec import ExperimentSpec, Precision
from sem_ray.spec.reading import merged, preset
from sem_ray.spec.validation import validated

Row = dict[str, Any]


def options(description: str) -> argparse.ArgumentParser:
    """What every rate benchmark can be asked."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--preset", default="cifar10")
    parser.add_argument("--batch", type=int, help="images a step, instead of the preset's")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--size", type=int, default=32, help="height and width of the images")
    parser.add_argument("--precisions", nargs="+", default=["bfloat16", "float32"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The options, with the threads set to them."""
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    return chosen


def report(chosen: argparse.Namespace, result: Row, title: str) -> None:
    """A table of the result's variants, or with --json the result, which --out keeps."""
    text = json.dumps(result, indent=2)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    if chosen.json:
        print(text)
    else:
        show(title, result["variants"])


def images(chosen: argparse.Namespace, device: torch.device) -> Rows:
    """Random pixels: the passes cost the same on any."""
    generator = torch.Generator().manual_seed(0)
    shape = (chosen.images, 3, chosen.size, chosen.size)
    pixels = torch.randint(256, shape, generator=generator, dtype=torch.uint8)
    return Rows(pixels, torch.arange(chosen.images) % chosen.classes, chosen.classes).to(device)


def experiment(chosen: argparse.Namespace, precision: str) -> ExperimentSpec:
    """The preset's, in `precision`, with the chosen batch in as many shards as keep the preset's
    images a shard."""
    change: dict[str, Any] = {"precision": precision}
    if chosen.batch:
        usual = validated(ExperimentSpec, preset(chosen.preset), "benchmark")
        change["shards"] = max(chosen.batch * usual.shards // usual.surrogate.batch, 1)
        change.update(surrogate={"batch": chosen.batch}, victim={"batch": chosen.batch})
    return validated(ExperimentSpec, merged(preset(chosen.preset), change), "benchmark")


def compared(
    works: dict[str, timing.Work],
    flops: dict[str, float],
    precisions: list[Precision],
    device: torch.device,
    rounds: int,
) -> list[Row]:
    """A row a work: seconds, rate, share of the matrix-product peak of its precision (the last word
    of its name), most memory."""
    gemms = {
        f"{precision} {name}": gemm
        for precision in precisions
        for name, gemm in timing.gemms(PASSES[precision], device).items()
    }
    times = timing.interleaved({**works, **gemms}, rounds, device)
    rates = {name: gemm.flops / timing.median(times[name]) for name, gemm in gemms.items()}
    rows = []
    for name, work in works.items():
        took = timing.median(times[name])
        precision = name.rpartition(" ")[2]
        peak = max(rate for gemm, rate in rates.items() if gemm.startswith(precision))
        row = {
            "variant": name,
            "seconds": took,
            "all_seconds": times[name],
            "flop_per_second": flops[name] / took,
            "gemm_flop_per_second": peak,
            "of_gemm": flops[name] / took / peak,
            "peak_bytes": timing.peak_bytes(work, device),
        }
        rows.append(row)
    return rows


COLUMNS = {
    "variant": ("variant", "{}"),
    "passes": ("passes", "{}"),
    "seconds": ("s/step", "{:.4f}"),
    "images_per_second": ("images/s", "{:.2f}"),
    "ratio": ("× the first", "{:.2f}"),
    "slowest_seconds": ("slowest member, s", "{:.4f}"),
    "driver_seconds": ("driver, s", "{:.4f}"),
    "driver_percent": ("driver %", "{:.2f}"),
    "flop_per_second": ("TFLOP/s", "{:.3f}"),
    "gemm_flop_per_second": ("GEMM TFLOP/s", "{:.3f}"),
    "of_gemm": ("of GEMM", "{:.2f}"),
    "times_the_loop": ("× loop", "{:.2f}"),
    "peak_bytes": ("peak MB", "{:,.0f}"),
    "equal_signs": ("equal signs", "{:.4f}"),
    "cosine": ("cosine", "{:.5f}"),
}
SCALE = {"flop_per_second": 1e-12, "gemm_flop_per_second": 1e-12, "peak_bytes": 1e-6}


def show(title: str, rows: list[Row]) -> None:
    """The rows as a table on stdout."""
    from rich.console import Console  # not there on every GPU machine, which asks for JSON
    from rich.table import Table

    shown = [name for name in COLUMNS if name in rows[0]]
    table = Table(title=title)
    for name in shown:
        table.add_column(COLUMNS[name][0], justify="left" if name == "variant" else "right")
    for row in rows:
        cells = [row[name] * SCALE[name] if name in SCALE else row[name] for name in shown]
        table.add_row(*(COLUMNS[n][1].format(c) for n, c in zip(shown, cells, strict=True)))
    Console(width=130).print(table)
