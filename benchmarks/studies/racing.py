"""Racing seeds against one seed each, at equal cost: how often each picks a configuration within
one point of the best.

Of 64 configurations with made-up true accuracies, runs are these plus an effect of the seed that
all share plus noise, as large as measured on digits. Racing runs some of the configurations once
and gives further seeds to those that may be the best (`sem_ray.studies.race`, with the decisions of
a sweep). One seed each runs as many configurations as racing had runs, and takes the best. Seconds.

    python -m benchmarks.studies.racing [--repetitions 200] [--json]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from sem_ray.metrics.statistics import Estimate, paired_difference
from sem_ray.rng import numpy_generator
from sem_ray.studies.definition.replicates import ReplicateSpec
from sem_ray.studies.race import race

POOL = 64
"""Configurations there are."""
WITHIN = 1.0
"""Points from the best that count as right."""
RACED = 28
"""Configurations that racing looks at."""
NOISES = (2.0, 4.0, 8.0)
"""Standard deviation of one run, in points; digits at the scale of `search_spaces/quick.yaml` have
4 to 11."""
LANDSCAPES = ("beta", "bowl")


@dataclass(frozen=True)
class Row:
    """What one landscape and one noise gave. racing, one_each: shares of repetitions that picked
    right; regret: mean points lost to the best."""

    landscape: str
    noise: float
    runs: float
    racing: float
    one_each: float
    difference: Estimate
    """Of the two shares, with its 95% interval over paired repetitions."""
    racing_regret: float
    one_each_regret: float


def true_accuracies(landscape: str, random: np.random.Generator) -> np.ndarray:
    """Of the pool, in %; smaller is better. `beta` is a few good among many; `bowl` is two settings
    with an optimum in the middle."""
    if landscape == "beta":
        return np.asarray(20 + 40 * random.beta(1.2, 2.5, POOL))
    return np.asarray(20 + 60 * ((random.random((POOL, 2)) - 0.5) ** 2).sum(axis=1))


def raced(
    truth: np.ndarray, noise: float, spec: ReplicateSpec, random: np.random.Generator
) -> tuple[int, int]:
    """The winner of a race among `RACED` of the pool, and the runs it took."""
    seeds = random.normal(0, noise / 2, spec.max)

    def run(number: int, replicate: int) -> tuple[float]:
        return (float(truth[number] + seeds[replicate] + random.normal(0, noise)),)

    chosen = random.permutation(POOL)[:RACED].tolist()
    costs = {number: {r: run(number, r) for r in range(spec.min)} for number in chosen}
    while (found := race(costs, spec)).missing:
        for number, replicate in found.missing:
            costs[number][replicate] = run(number, replicate)
    if found.winner is None:
        raise RuntimeError("a race without a winner")
    return found.winner, sum(map(len, costs.values()))


def one_each(truth: np.ndarray, noise: float, runs: int, random: np.random.Generator) -> int:
    """The best of as many configurations, all with the same seed. If there are fewer, the runs left
    over are not spent: another seed would be a race."""
    chosen = random.permutation(POOL)[:runs]
    return int(chosen[np.argmin(truth[chosen] + random.normal(0, noise, len(chosen)))])


def compared(landscape: str, noise: float, repetitions: int) -> Row:
    spec = ReplicateSpec()
    lost: list[tuple[float, float, int]] = []
    for repetition in range(repetitions):
        random = numpy_generator(0, "racing", landscape, f"{noise:g}", repetition)
        truth = true_accuracies(landscape, random)
        winner, runs = raced(truth, noise, spec, random)
        other = one_each(truth, noise, runs, random)
        best = truth.min()
        lost.append((float(truth[winner] - best), float(truth[other] - best), runs))
    ours, theirs, runs_each = map(np.asarray, zip(*lost, strict=True))
    right = [100.0 * (each <= WITHIN) for each in (ours, theirs)]
    return Row(
        landscape=landscape,
        noise=noise,
        runs=float(runs_each.mean()),
        racing=float(right[0].mean()),
        one_each=float(right[1].mean()),
        difference=paired_difference(right[0].tolist(), right[1].tolist()),
        racing_regret=float(ours.mean()),
        one_each_regret=float(theirs.mean()),
    )


def rows(repetitions: int) -> Iterator[Row]:
    for landscape in LANDSCAPES:
        for noise in NOISES:
            yield compared(landscape, noise, repetitions)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = list(rows(chosen.repetitions))
    if chosen.json:
        print(json.dumps({"repetitions": chosen.repetitions, "rows": list(map(asdict, found))}))
        return
    print("within 1 point of the best, % of repetitions")
    print("truth noise  runs  racing  one each  difference            points lost")
    for row in found:
        d = row.difference
        print(
            f"{row.landscape:5} {row.noise:5g} {row.runs:5.0f} {row.racing:7.1f} "
            f"{row.one_each:9.1f}  {d.value:+5.1f} [{d.low:+.1f}, {d.high:+.1f}]  "
            f"{row.racing_regret:.2f} against {row.one_each_regret:.2f}"
        )


if __name__ == "__main__":
    main()
