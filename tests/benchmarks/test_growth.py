"""The benchmarks of studies run, at toy size."""

from __future__ import annotations

import pytest

from benchmarks.studies.growth import by_part, measured


def test_growth_notes_every_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.studies.growth.PART", 2)
    ends = measured(4, "random")
    assert len(ends.wall) == len(ends.cpu) == 4
    assert len(by_part(ends.wall)) == 2 and min(by_part(ends.wall)) > 0
