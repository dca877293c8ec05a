"""Whether more configurations of a search are likely to pay: what they are expected to improve,
against the noise of one run.

A normal model of what a search proposes. Configuration i has a true cost θᵢ ~ N(μ, τ²), and the
mean of its rᵢ runs is yᵢ ~ N(θᵢ, σ²/rᵢ). σ is pooled over the configurations with several seeds. μ
is the mean of all, or of the later half if that is clearly better, as of a sampler that learns; τ
is pooled within both halves, by the method of moments (DerSimonian and Laird 1986, "Meta-analysis
in clinical trials"). The best so far is judged by its shrunken mean (James and Stein 1961), because
the least of many noisy means is too good to be true. k further configurations improve it by
E max(0, best - min θ) = ∫ 1 - (1 - Φ((t - μ)/τ))ᵏ dt up to t = best (Mockus 1978; with k draws).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance

LEAST_CONFIGURATIONS = 10
"""Fewer say little about what a search proposes."""
LEAST_REPEATS = 3
"""Runs beyond the first of their configuration; fewer say little about the noise."""
WORTH = 0.5
"""An expected improvement below this many standard deviations of one run is not worth its cost."""
FURTHER = 0.5
"""Configurations that are asked about, as a share of those that are finished."""
CLEARLY = 2.0
"""Standard errors between the means of two halves from which on one is clearly better."""
STEPS = 400
"""Of the integral, over `RANGE` standard deviations."""
RANGE = 8.0


@dataclass(frozen=True)
class Outlook:
    """What further configurations are expected to give. All but `further` in the objective's
    unit."""

    further: int
    """Configurations that are asked about."""
    improvement: float
    """By which they are expected to improve the best."""
    noise: float
    """Standard deviation of one run over seeds."""
    spread: float
    """Standard deviation of what is proposed, apart from noise."""

    @property
    def unlikely(self) -> bool:
        """Whether they are unlikely to pay."""
        return self.improvement < WORTH * self.noise

    def __str__(self) -> str:
        verdict = "are unlikely to pay" if self.unlikely else "may pay"
        return (
            f"more configurations {verdict}: {self.further} further ones are expected to improve "
            f"the best by {self.improvement:.2g}, and one run varies by {self.noise:.2g} "
            "(standard deviation over seeds)"
        )


def outlook(runs: Sequence[Sequence[float]]) -> Outlook | None:
    """What is to be expected after configurations whose runs had these costs (smaller is better),
    in the order they were proposed in. None if there are too few to say, or none has a second seed.
    """
    if len(runs) < LEAST_CONFIGURATIONS or (noise := pooled_noise(runs)) is None:
        return None
    further = max(math.ceil(FURTHER * len(runs)), 1)
    spread = _spread(runs, noise)
    centre = fmean(map(fmean, runs))
    best = min(_shrunken(costs, centre, spread, noise) for costs in runs)
    improvement = expected_improvement(best, _proposed(runs), spread, further)
    return Outlook(further, improvement, noise, spread)


def pooled_noise(runs: Sequence[Sequence[float]]) -> float | None:
    """Standard deviation of one run, pooled over configurations with several; None if there are
    too few of those."""
    repeated = [costs for costs in runs if len(costs) > 1]
    freedom = sum(len(costs) - 1 for costs in repeated)
    if freedom < LEAST_REPEATS:
        return None
    squares = sum((len(costs) - 1) * variance(costs) for costs in repeated)
    return math.sqrt(squares / freedom)


def expected_improvement(best: float, centre: float, spread: float, draws: int) -> float:
    """By how much the least of `draws` from N(`centre`, `spread`²) is expected to lie below
    `best`; 0 if it does not."""
    if spread == 0:
        return max(best - centre, 0.0)
    proposed = NormalDist(centre, spread)
    low = min(centre, best) - RANGE * spread
    width = (best - low) / STEPS
    ends = [1 - (1 - proposed.cdf(low + width * step)) ** draws for step in range(STEPS + 1)]
    return width * (sum(ends) - (ends[0] + ends[-1]) / 2)


def _proposed(runs: Sequence[Sequence[float]]) -> float:
    """μ of what is proposed next."""
    earlier, later = _halves(runs)
    error = math.sqrt(_within(earlier, later) * (1 / len(earlier) + 1 / len(later)))
    if fmean(earlier) - fmean(later) > CLEARLY * error:
        return fmean(later)
    return fmean([*earlier, *later])


def _spread(runs: Sequence[Sequence[float]], noise: float) -> float:
    """τ of the true costs, whatever the trend from one half to the next."""
    error = fmean(noise**2 / len(costs) for costs in runs)
    return math.sqrt(max(_within(*_halves(runs)) - error, 0.0))


def _halves(runs: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """The means of the earlier and of the later configurations."""
    half = len(runs) // 2
    return [*map(fmean, runs[:half])], [*map(fmean, runs[half:])]


def _within(earlier: Sequence[float], later: Sequence[float]) -> float:
    """The variance of means within both halves."""
    squares = sum((len(means) - 1) * variance(means) for means in (earlier, later))
    return squares / (len(earlier) + len(later) - 2)


def _shrunken(costs: Sequence[float], centre: float, spread: float, noise: float) -> float:
    """The mean of a configuration's true cost, given its runs."""
    error = noise**2 / len(costs)
    weight = spread**2 / (spread**2 + error) if error else 1.0
    return centre + weight * (fmean(costs) - centre)
