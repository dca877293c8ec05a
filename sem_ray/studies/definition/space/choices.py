"""A searched setting that is one of a list."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import Trial
from pydantic import Field

from sem_ray.studies.definition.space.choice import (
    MOST_CHOICES,
    Choice,
    Conditional,
    Fault,
    Scalar,
    encoded,
)


class Choices(Conditional):
    """One of a list, without an order."""

    choices: Annotated[tuple[Choice, ...], Field(min_length=1)]
    """Values of any kind; a list or a mapping is the whole value of the setting."""

    @property
    def categories(self) -> tuple[Scalar, ...]:
        """The choices as trials hold them."""
        return tuple(encoded(choice) for choice in self.choices)

    @property
    def size(self) -> int:
        return len(self.choices)

    def at(self, position: int) -> Scalar:
        return self.categories[position]

    def position(self, value: Any) -> int:
        return self.categories.index(value)

    def holds(self, value: Any) -> bool:
        return encoded(value) in self.categories

    def setting(self, value: Any) -> Any:
        """The choice that a trial's value stands for."""
        kept = self.categories
        return self.choices[kept.index(value)] if value in kept else value

    def pick(self, share: float) -> Scalar:
        return self.at(int(share * self.size))

    def probes(self) -> tuple[Scalar, ...]:
        return self.categories

    def written_at(self, value: Any) -> tuple[str, ...]:
        """The keys of the choice in the file."""
        return "choices", str(self.position(value))

    def fault(self) -> Fault | None:
        if self.size > MOST_CHOICES:
            most = f"{self.size:,} choices are more than {MOST_CHOICES:,}"
            return Fault("choices", f"{most}; give a range, or fewer")
        counts = Counter(self.categories)
        repeated = next((choice for choice in self.categories if counts[choice] > 1), None)
        if len(counts) == self.size:
            return None
        return Fault("choices", f"{repeated!r} is there twice; keep one")

    def optuna(self) -> BaseDistribution:
        return CategoricalDistribution(self.categories)

    def suggested(self, trial: Trial, path: str) -> Scalar:
        return trial.suggest_categorical(path, self.categories)

    def __str__(self) -> str:
        shown = ("null" if c is None else str(c) for c in self.categories)
        return " | ".join(shown) + self.condition
