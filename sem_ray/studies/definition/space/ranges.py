"""A searched setting that lies in a range."""

from __future__ import annotations

import math
from typing import Annotated, Any

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial
from pydantic import Field

from sem_ray.studies.definition.space.choice import Conditional, Fault, Number, value_key

MOST_STEPS = 2**53
"""Up to here every whole number has a float of its own; samplers compute in floats."""

GOLDEN = 0.381966
"""A point inside a range that is no round number, so that a setting counted in whole numbers
refuses it."""


class Range(Conditional):
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

    def holds(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not self.low <= value <= self.high:
            return False
        return self.size is None or value_key(self.at(self.position(value))) == value_key(value)

    def setting(self, value: Any) -> Any:
        return value

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

    def written_at(self, value: Any) -> tuple[str, ...]:
        """The key of the end in the file; none for what lies between."""
        ends = {self.high: ("high",), self.low: ("low",)}
        return ends.get(value, ())

    def fault(self) -> Fault | None:
        if self.low > self.high:
            return Fault("low", f"low {self.low} is above high {self.high}; exchange them")
        if not self._countable:
            return Fault("", "holds more values than a float can tell apart; take a narrower range")
        if self.log and self.low <= 0:
            return Fault("low", f"a logarithmic range needs low above 0, got {self.low}")
        if self.log and self.step is not None:
            return Fault("step", "log and step exclude each other: drop one of them")
        if self.whole and not isinstance(self.step, int | None):
            text = f"step {self.step} between whole numbers: write low and high with a dot"
            return Fault("step", text)
        return self._step_fault()

    @property
    def _countable(self) -> bool:
        """Whether ends and number of values are exact in a float."""
        whole = [n for n in (self.low, self.high, self.step) if isinstance(n, int)]
        if any(abs(number) > MOST_STEPS for number in whole):
            return False
        steps = (self.high - self.low) / (self.step or 1)
        return steps <= MOST_STEPS if self.whole or self.step else math.isfinite(steps)

    def _step_fault(self) -> Fault | None:
        size, step = self.size or 1, self.step or 1
        last = self.low + (size - 1) * step
        if self.step is None or math.isclose(last, self.high, rel_tol=1e-9, abs_tol=1e-9):
            return None
        text = f"steps of {self.step} from {self.low} do not end at high {self.high}"
        return Fault("step", f"{text}; {last:g} would do")

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
        return f"{self.low} … {self.high}{kind}{self.condition}"
