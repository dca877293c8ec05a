"""What one searched setting may be: a choice or a range, and which value a share of it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial
from pydantic import Field, Strict

from sem_ray.errors import BadInput
from sem_ray.spec.base import Frozen
from sem_ray.spec.validation import validated

Number = Annotated[int, Strict()] | Annotated[float, Strict()]
Scalar = Annotated[bool, Strict()] | Number | Annotated[str, Strict()] | None

MOST_CHOICES = 1000
"""A longer list is a range, or a slip: each choice is checked to be an experiment."""
MOST_STEPS = 2**53
"""Up to here every whole number has a float of its own; samplers compute in floats."""

GOLDEN = 0.381966
"""A point inside a range that is no round number, so that a setting counted in whole numbers
refuses it."""


class Choices(Frozen):
    """One of a list, without an order."""

    choices: Annotated[tuple[Scalar, ...], Field(min_length=1)]

    @property
    def size(self) -> int:
        return len(self.choices)

    def at(self, position: int) -> Scalar:
        return self.choices[position]

    def position(self, value: Any) -> int:
        return self.choices.index(value)

    def pick(self, share: float) -> Scalar:
        return self.at(int(share * self.size))

    def probes(self) -> tuple[Scalar, ...]:
        return self.choices

    def faults(self) -> str | None:
        if self.size > MOST_CHOICES:
            return f"{self.size:,} choices are more than {MOST_CHOICES:,}; give a range, or fewer"
        counts = Counter(self.choices)
        repeated = next((choice for choice in self.choices if counts[choice] > 1), None)
        return None if len(counts) == self.size else f"{repeated!r} is there twice"

    def optuna(self) -> BaseDistribution:
        return CategoricalDistribution(self.choices)

    def suggested(self, trial: Trial, path: str) -> Scalar:
        return trial.suggest_categorical(path, self.choices)

    def __str__(self) -> str:
        return " | ".join("null" if c is None else str(c) for c in self.choices)


class Range(Frozen):
    """From `low` to `high`, both included; whole numbers if both are written without a dot."""

    low: Number
    high: Number
    log: bool = False
    """Equal ratios are equally likely."""
    step: Annotated[Number, Field(gt=0)] | None = None
    """Distance between neighbours; null is 1 for whole numbers and none for others."""

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def size(self) -> int | None:
        """How many values there are; None if the range is continuous."""
        step = self.step or (1 if self.whole else None)
        return None if step is None else round((self.high - self.low) / step) + 1

    def at(self, position: int) -> int | float:
        return min(self.low + position * (self.step or 1), self.high)

    def position(self, value: float) -> int:
        return round((value - self.low) / (self.step or 1))

    def pick(self, share: float) -> int | float:
        if self.log:
            return self._pick_log(share)
        if self.size is None:
            return min(self.low + share * (self.high - self.low), self.high)
        return self.at(int(share * self.size))

    def _pick_log(self, share: float) -> int | float:
        margin = 0.5 if self.whole else 0
        low, high = math.log(self.low - margin), math.log(self.high + margin)
        value = math.exp(low + share * (high - low))
        bounded = min(max(value, self.low), self.high)
        return round(bounded) if self.whole else bounded

    def probes(self) -> tuple[int | float, ...]:
        if self.size is None:
            return self.low, self.high, self.pick(GOLDEN)
        return self.low, self.high, self.at(min(1, self.size - 1))

    def faults(self) -> str | None:
        if self.low > self.high:
            return f"low {self.low} is above high {self.high}"
        if not self._countable:
            return "holds more values than a float can tell apart; take a narrower range"
        if self.log and self.low <= 0:
            return f"a logarithmic range needs low above 0, got {self.low}"
        if self.log and self.step is not None:
            return "log and step exclude each other: drop one of them"
        if self.whole and not isinstance(self.step, int | None):
            return f"step {self.step} between whole numbers: write low and high with a dot"
        return self._step_fault()

    @property
    def _countable(self) -> bool:
        """Whether ends and number of values are exact in a float."""
        whole = [n for n in (self.low, self.high, self.step) if isinstance(n, int)]
        if any(abs(number) > MOST_STEPS for number in whole):
            return False
        steps = (self.high - self.low) / (self.step or 1)
        return steps <= MOST_STEPS if self.whole or self.step else math.isfinite(steps)

    def _step_fault(self) -> str | None:
        last = self.low + ((self.size or 1) - 1) * (self.step or 1)
        if self.step is None or math.isclose(last, self.high, rel_tol=1e-9, abs_tol=1e-9):
            return None
        return f"steps of {self.step} from {self.low} do not end at high {self.high}"

    def optuna(self) -> BaseDistribution:
        if self.whole:
            return IntDistribution(int(self.low), int(self.high), self.log, int(self.step or 1))
        return FloatDistribution(float(self.low), float(self.high), self.log, self._spacing)

    def suggested(self, trial: Trial, path: str) -> int | float:
        if self.whole:
            low, high, step = int(self.low), int(self.high), int(self.step or 1)
            return trial.suggest_int(path, low, high, step=step, log=self.log)
        ends = float(self.low), float(self.high)
        return trial.suggest_float(path, *ends, step=self._spacing, log=self.log)

    @property
    def _spacing(self) -> float | None:
        return None if self.step is None else float(self.step)

    def __str__(self) -> str:
        kind = ", log" if self.log else f", step {self.step}" if self.step else ""
        return f"{self.low} … {self.high}{kind}"


Distribution = Choices | Range
Space = Mapping[str, Distribution]
Values = dict[str, Any]


def read_distribution(tree: Any, place: str) -> Distribution:
    """The distribution in `tree`. Raises `BadInput` if it is neither a choice nor a range."""
    if not isinstance(tree, Mapping):
        raise BadInput(f"{place}: needs {{choices: [..]}} or {{low: .., high: ..}}, got {tree!r}")
    model: type[Distribution] = Choices if "choices" in tree else Range
    read: Distribution = validated(model, tree, place)
    if fault := read.faults():
        raise BadInput(f"{place}: {fault}")
    return read


def picked(space: Space, shares: Sequence[float]) -> Values:
    """One value for each path, from one number in [0, 1) each, in the order of the paths' names,
    so that the order they are written in does not matter."""
    pairs = zip(sorted(space), shares, strict=True)
    return {path: space[path].pick(float(share)) for path, share in pairs}
