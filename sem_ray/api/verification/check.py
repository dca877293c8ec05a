"""What one check of noise found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """`value` is what was measured, `figure` the same with its unit, `meaning` what it says."""

    name: str
    status: Status
    value: float
    figure: str
    meaning: str


def counted(name: str, count: int, total: int, bad: Status, meaning: str) -> Check:
    """A check that is well where it counts nothing."""
    return Check(name, bad if count else "ok", count, f"{count:,} of {total:,}", meaning)
