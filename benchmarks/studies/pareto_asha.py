r"""What Pareto-ASHA saves on recorded curves and what it loses, beside Syne Tune's MOASHA.

    python -m benchmarks.studies.pareto_asha \
        --curves benchmarks/results/2026-11-25-curves-digits.json

Configurations arrive in random orders on four workers in virtual time, which are passes. Saved: the
share of the passes that all trials would take to their ends. Lost: the share of the hypervolume of
all ends that the ends which were reached lack. MOASHA runs if `syne_tune` can be imported.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from sem_ray.rng import numpy_generator
from sem_ray.studies.schedulers.pareto_asha import ParetoAsha
from sem_ray.studies.schedulers.scheduler import Costs

WORKERS, STAGE, ACCURACY = 4, "surrogate", "test_accuracy_at_4"
Decide = Callable[[int, int, Costs], bool]
"""(configuration, rung, costs) → whether it is stopped."""


class Curves:
    """The recorded curves at some of their rungs: accuracy in % against passes."""

    def __init__(self, file: Path, rungs: Sequence[int]) -> None:
        self._curves: list[dict[str, Any]] = json.loads(file.read_text())["curves"]
        self.rungs = rungs
        self.total = sum(curve["final"]["passes"] for curve in self._curves)
        worst = np.array([self.end(number) for number in range(len(self))]).max(0)
        self._reference = (100.0, 1.05 * float(worst[1]))
        self._whole = self._volume(range(len(self)))

    def __len__(self) -> int:
        return len(self._curves)

    def end(self, number: int) -> Costs:
        final = self._curves[number]["final"]
        return final["metrics"][ACCURACY], final["passes"]

    def at(self, number: int, rung: int) -> Costs:
        reached = self._curves[number][STAGE][self.rungs[rung]]
        return reached["metrics"][ACCURACY], self.end(number)[1]

    def passes(self, number: int, rung: int) -> float:
        """From the rung before to this one, or to the end if it is beyond the last."""
        rows = [self._curves[number][STAGE][place] for place in self.rungs]
        before = rows[rung - 1]["passes"] if rung else 0.0
        if rung == len(rows):
            return float(self._curves[number]["final"]["passes"] - before)
        return float(rows[rung]["passes"] - before + rows[rung]["extra_passes"])

    def lost(self, ended: Sequence[int]) -> float:
        return 1 - self._volume(ended) / self._whole

    def _volume(self, numbers: Sequence[int]) -> float:
        """Of two costs, up to the reference point."""
        volume, edge = 0.0, self._reference[1]
        for first, second in sorted(self.end(number) for number in numbers):
            if first < self._reference[0] and second < edge:
                volume += (self._reference[0] - first) * (edge - second)
                edge = second
        return volume


def replay(curves: Curves, order: Sequence[int], decide: Decide) -> tuple[float, list[int]]:
    """The passes that were spent, and the configurations that came to their ends."""
    waiting, ended = list(order)[::-1], list[int]()
    events: list[tuple[float, int, int]] = []
    spent = 0.0

    def work(now: float, number: int, rung: int) -> None:
        heapq.heappush(events, (now + curves.passes(number, rung), number, rung))

    for _ in range(WORKERS):
        work(0.0, waiting.pop(), 0)
    while events:
        now, number, rung = heapq.heappop(events)
        spent += curves.passes(number, rung)
        if rung < len(curves.rungs) and not decide(number, rung, curves.at(number, rung)):
            work(now, number, rung + 1)
            continue
        if rung == len(curves.rungs):
            ended.append(number)
        if waiting:
            work(now, waiting.pop(), 0)
    return spent, ended


def pareto_asha(curves: Curves, reduction: int, _: int) -> Decide:
    scheduler = ParetoAsha(reduction, startup=4)
    reports: list[dict[int, Costs]] = [{} for _ in curves.rungs]

    def decide(number: int, rung: int, costs: Costs) -> bool:
        reports[rung][number] = costs
        return scheduler.stops(number, rung, reports)

    return decide


def moasha(curves: Curves, reduction: int, seed: int) -> Decide:
    """Its rungs are powers of the reduction, counted in eighths of the steps."""
    from syne_tune.backend.trial_status import Trial
    from syne_tune.optimizer.schedulers.multiobjective.moasha import MOASHA

    metrics = [ACCURACY, "passes"]
    scheduler = MOASHA(
        {"x": 1}, metrics, max_t=8, grace_period=1, reduction_factor=reduction, random_seed=seed
    )

    def decide(number: int, rung: int, costs: Costs) -> bool:
        trial = Trial(number, {"x": 1}, datetime.now())
        if rung == 0:
            scheduler.on_trial_add(trial)
        reached = {"training_iteration": 2 ** curves.rungs[rung]}
        answer = scheduler.on_trial_result(
            trial, {**reached, **dict(zip(metrics, costs, strict=True))}
        )
        return bool(answer == "STOP")

    return decide


CASES = (([0], 3), ([0], 4), ([0, 1, 2], 2), ([0, 2], 4))
"""Recorded rungs (1/8, 1/4, 1/2) and reduction; MOASHA can have the last two."""


def main() -> None:
    """Print a line for each scheduler and case, and write all to `--out`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--curves", type=Path, required=True)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = []
    for rungs, reduction in CASES:
        curves = Curves(options.curves, rungs)
        for make in (pareto_asha, moasha) if len(rungs) > 1 else (pareto_asha,):
            found = [
                replay(
                    curves,
                    numpy_generator(seed, "order").permutation(len(curves)).tolist(),
                    make(curves, reduction, seed),
                )
                for seed in range(options.repetitions)
            ]
            lost = [curves.lost(ended) for _, ended in found]
            rows.append(
                {
                    "scheduler": make.__name__,
                    "rungs": [2**rung / 8 for rung in rungs],
                    "reduction": reduction,
                    "saved": round(1 - fmean(spent for spent, _ in found) / curves.total, 3),
                    "lost": round(fmean(lost), 3),
                    "lost_90%": round(float(np.quantile(lost, 0.9)), 3),
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
