"""The benchmark of questions to MLflow, on few runs."""

from __future__ import annotations

from benchmarks.records.asking import measured


def test_every_part_is_measured() -> None:
    found = measured(3)
    assert len(found) == 4 and all(value >= 0 for value in found.values())
