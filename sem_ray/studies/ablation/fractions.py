"""Regular two-level fractions of a factorial design (Box, Hunter & Hunter, "Statistics for
Experimenters", chapter 12; Montgomery, "Design and Analysis of Experiments", chapter 8).

Levels are 0 and 1, and a generated factor is the sum of its base factors mod 2, so the run with
every factor at level 0 always belongs to the fraction. Sets of factors are whole numbers: bit i
stands for factor i.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

MOST_FACTORS = 12
"""More are not looked through for generators in a moment."""


@dataclass(frozen=True)
class Fraction:
    """2**base runs of `factors` factors; `generators`: generated factor → its base factors."""

    factors: int
    generators: Mapping[int, int]

    @property
    def base(self) -> tuple[int, ...]:
        """The factors that take all combinations of their levels."""
        return tuple(f for f in range(self.factors) if f not in self.generators)

    @property
    def words(self) -> frozenset[int]:
        """The defining relation: products of factors that are constant over all runs."""
        words = {0}
        for factor, mask in self.generators.items():
            words |= {word ^ mask ^ (1 << factor) for word in words}
        return frozenset(words - {0})

    @property
    def resolution(self) -> int | None:
        """Length of the shortest word; None if the design is a full factorial."""
        return min((word.bit_count() for word in self.words), default=None)

    def runs(self) -> Iterator[tuple[int, ...]]:
        """The level of each factor, for each run; all at 0 first, the last base factor fastest."""
        for levels in product((0, 1), repeat=len(self.base)):
            chosen = sum(level << f for f, level in zip(self.base, levels, strict=True))
            for factor, mask in self.generators.items():
                chosen |= ((chosen & mask).bit_count() % 2) << factor
            yield tuple(chosen >> factor & 1 for factor in range(self.factors))

    def aliases(self, effect: int, longest: int = 2) -> tuple[int, ...]:
        """Effects of up to `longest` factors whose contrasts are the same as that of `effect`."""
        same = (word ^ effect for word in self.words)
        return tuple(sorted(other for other in same if 0 < other.bit_count() <= longest))


def smallest_fraction(factors: int, resolution: int) -> Fraction:
    """The one with fewest runs whose resolution is at least `resolution`; the full factorial if no
    other has it. Of several with as few runs it is one, always the same."""
    for base in range(factors.bit_length(), factors):
        if generators := _generators(factors, base, resolution):
            return Fraction(factors, generators)
    return Fraction(factors, {})


def _generators(factors: int, base: int, resolution: int) -> Mapping[int, int] | None:
    """Found by going back from each dead end. The first `base` factors take all combinations."""
    masks = sorted(range(1 << base), key=lambda mask: (-mask.bit_count(), mask))
    candidates = [mask for mask in masks if mask.bit_count() >= resolution - 1]

    def completed(chosen: list[int], words: set[int], start: int) -> list[int] | None:
        if base + len(chosen) == factors:
            return chosen
        for index in range(start, len(candidates)):
            own = candidates[index] | 1 << (base + len(chosen))
            new = {word ^ own for word in words}
            if all(word.bit_count() >= resolution for word in new):
                found = completed([*chosen, candidates[index]], words | new, index + 1)
                if found is not None:
                    return found
        return None

    found = completed([], {0}, 0)
    return None if found is None else {base + i: mask for i, mask in enumerate(found)}
