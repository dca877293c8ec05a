r"""Protection over seeds: clean and protected accuracy of victims, and what it cost.

    python -m benchmarks.protection.presets DATA --limit 2500 --seeds 0 1 2 --radii 0 2 \
        --out FILE.json

Hypothesis: the quick preset brings both victims to half of their clean accuracy or less.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness.machine import description
from sem_ray import evaluate, protect


def one_seed(options: argparse.Namespace, seed: int, folder: Path) -> dict[str, Any]:
    """Figures of one seed; times are CPU seconds of all threads."""
    common: dict[str, Any] = {
        "preset": options.preset,
        "limit": options.limit,
        "settings": options.set,
        "seed": seed,
        "store": folder / "store",
    }
    start = time.process_time()
    made = protect(options.data, folder / f"noise-{seed}", **common)
    middle = time.process_time()
    found = evaluate(options.data, made.folder, options.radii, **common)
    figures: dict[str, Any] = {
        "seed": seed,
        "noise": made.identity,
        "generation_cpu_seconds": round(middle - start, 1),
        "victims_cpu_seconds": round(time.process_time() - middle, 1),
    }
    for row in found.accuracies:
        for side, victim in (("clean", row.clean), ("protected", row.protected)):
            if victim is not None:
                figures[f"{side}@{row.radius:g}"] = round(victim.last, 2)
    return figures


def summary(rows: list[dict[str, Any]]) -> dict[str, str]:
    """mean ± half the range, over the seeds."""
    names = [name for name in rows[0] if "@" in name]
    columns = {name: [float(row[name]) for row in rows] for name in names}
    return {
        name: f"{statistics.mean(values):.1f} ± {(max(values) - min(values)) / 2:.1f}"
        for name, values in columns.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--radii", type=float, nargs="+", default=[0, 2])
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in options.seeds:
            rows.append(one_seed(options, seed, Path(folder)))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    result = {
        "machine": description(),
        "data": Path(options.data).name,
        "preset": options.preset,
        "limit": options.limit,
        "settings": options.set,
        "seeds": rows,
        "summary": summary(rows),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
