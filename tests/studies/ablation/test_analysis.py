"""What runs of a design say: paired by seed, within one kind of machine, corrected for number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from sem_ray.metrics import paired_effects
from sem_ray.studies.ablation.analysis import Measured, Run, analyse
from sem_ray.studies.ablation.contrasts import contrasts
from sem_ray.studies.ablation.design import Design, factorial, one_factor
from tests.studies.ablation.ablated import ACCURACY, FACTORS, METRIC, ran

DESIGN = one_factor(FACTORS)


def values(runs: list[Run], point: int) -> list[float]:
    return [run.metrics[METRIC] for run in runs if run.point == point]


def test_effects_of_single_changes_are_scipys_and_statsmodels() -> None:
    runs = ran(DESIGN, lambda point: 6.0 * point[0] + 0.5 * point[2])
    found = analyse(DESIGN, runs, ACCURACY)
    tests = [stats.ttest_rel(values(runs, point), values(runs, 0)) for point in (1, 2, 3, 4)]
    corrected = multipletests([test.pvalue for test in tests], method="holm")[1]
    for effect, test, p in zip(found.effects, tests, corrected, strict=True):
        assert effect.paired is not None
        assert effect.paired.p == pytest.approx(test.pvalue, rel=1e-9)
        assert effect.paired.t_interval == pytest.approx(tuple(test.confidence_interval()))
        assert effect.holm_p == pytest.approx(p, rel=1e-9)
    assert found.baseline == pytest.approx(np.mean(values(runs, 0)))
    better = stats.mannwhitneyu(values(runs, 1), values(runs, 0), alternative="less")
    assert found.effects[0].improvement == pytest.approx(1 - better.statistic / 25)


def test_verdicts_follow_the_corrected_p_and_the_direction() -> None:
    runs = ran(DESIGN, lambda point: 9.0 * point[0] - 9.0 * point[1])
    found = [effect.verdict for effect in analyse(DESIGN, runs, ACCURACY).effects]
    assert found == ["worse", "better", "cannot be told apart", "cannot be told apart"]
    other = Measured(METRIC, "%", "maximize")
    assert [e.verdict for e in analyse(DESIGN, runs, other).effects][:2] == ["better", "worse"]


@pytest.mark.parametrize("design", [DESIGN, factorial(FACTORS[:2])], ids=["one-factor", "2x2"])
@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_intervals_of_whole_ablations_cover_the_truth(
    design: Design, seeds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all effects of 250 ablations, whose runs share what their seed does."""
    monkeypatch.setattr(paired_effects, "RESAMPLES", 2)  # the bootstrap is not looked at here
    found = [covered for number in range(250) for covered in _covered(design, seeds, number)]
    assert 0.93 <= np.mean(found) <= 0.97


def _covered(design: Design, seeds: int, number: int) -> Iterator[bool]:
    """Whether the interval of each effect of a drawn ablation holds what is true there."""
    generator = np.random.default_rng(number)
    truth = 3.0 * np.array([sum(point) for point in design.points])
    drawn = truth + generator.normal(0, 6, (seeds, 1)) + generator.normal(size=(seeds, len(truth)))
    runs = [Run(p, seed, None, {METRIC: float(v)}) for (seed, p), v in np.ndenumerate(drawn)]
    effects = analyse(design, runs, ACCURACY).effects
    for effect, contrast in zip(effects, contrasts(design), strict=True):
        assert effect.paired is not None and effect.paired.t_interval is not None
        low, high = effect.paired.t_interval
        yield low <= sum(weight * truth[p] for p, weight in contrast.weights.items()) <= high


def test_no_change_is_rarely_called_one() -> None:
    """Of 200 ablations of four changes that do nothing, about 5% say that one does something."""
    alarms = 0
    for repetition in range(200):
        seeds = range(4)
        generator = np.random.default_rng(repetition)
        runs = [
            Run(point, seed, None, {METRIC: float(generator.normal())})
            for seed in seeds
            for point in range(len(DESIGN.points))
        ]
        effects = analyse(DESIGN, runs, ACCURACY).effects
        alarms += any(effect.verdict != "cannot be told apart" for effect in effects)
    assert alarms <= 18


def test_pairs_are_taken_within_one_kind_of_machine() -> None:
    """Seed 4 ran its first change elsewhere, where everything is 30 points higher."""
    elsewhere = (1, 4)
    runs = ran(
        DESIGN,
        lambda _: 0.0,
        machine=lambda point, seed: "other" if (point, seed) == elsewhere else "one",
    )
    first, second = analyse(DESIGN, runs, ACCURACY).effects[:2]
    assert first.seeds == (0, 1, 2, 3) and second.seeds == (0, 1, 2, 3, 4)


def test_whole_seeds_on_another_kind_of_machine_still_pair() -> None:
    runs = ran(DESIGN, lambda _: 0.0, machine=lambda _, seed: f"kind {seed % 2}")
    assert all(e.seeds == (0, 1, 2, 3, 4) for e in analyse(DESIGN, runs, ACCURACY).effects)


def test_unfinished_runs_leave_their_seed_out() -> None:
    runs = [r for r in ran(DESIGN, lambda _: 0.0) if (r.point, r.seed) != (2, 1)]
    effects = analyse(DESIGN, runs, ACCURACY).effects
    assert [effect.seeds for effect in effects][1] == (0, 2, 3, 4)
    nothing = analyse(DESIGN, [r for r in runs if r.point != 1], ACCURACY).effects[0]
    assert nothing.paired is None and nothing.verdict is None and nothing.seeds == ()


def test_a_measurement_that_failed_counts_as_missing() -> None:
    runs = ran(DESIGN, lambda _: 0.0)
    runs[0] = replace(runs[0], metrics={METRIC: math.nan})
    found = analyse(DESIGN, runs, ACCURACY)
    assert found.baseline is not None and math.isfinite(found.baseline)
    assert {effect.seeds for effect in found.effects} == {(1, 2, 3, 4)}


def test_one_seed_tells_nothing_apart() -> None:
    runs = ran(DESIGN, lambda point: 50.0 * point[0], seeds=[3])
    found = analyse(DESIGN, runs, ACCURACY)
    assert found.baseline_interval is None
    assert {effect.verdict for effect in found.effects} == {"cannot be told apart"}
    assert {effect.holm_p for effect in found.effects} == {None}


def test_a_factorial_finds_main_effects_and_interactions() -> None:
    design = factorial(FACTORS[:2])
    runs = ran(design, lambda p: 4.0 * p[0] + 2.0 * p[1] + 6.0 * p[0] * p[1], noise=0.1)
    one, other, both = analyse(design, runs, ACCURACY).effects
    found = [e.paired.value for e in (one, other, both) if e.paired is not None]
    assert found == pytest.approx([7, 5, 6], abs=0.3)
    assert both.kind == "interaction" and both.improvement is None and both.verdict == "worse"
    assert one.improvement is not None and one.improvement < 0.5
