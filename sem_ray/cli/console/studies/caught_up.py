"""What was brought to MLflow, a line a study."""

from __future__ import annotations

from collections.abc import Sequence

from sem_ray.cli.console.output import stdout
from sem_ray.studies.catching_up import CaughtUp


def show_caught_up(found: Sequence[CaughtUp]) -> None:
    if not found:
        stdout.print("the store has no study")
    for one in found:
        stdout.print(f"{one.study}: {_words(one)}")


def _words(one: CaughtUp) -> str:
    if one.being_swept:
        return "its sweep is running and records it"
    if one.runs == 0:
        return "nothing was missing"
    return f"{one.runs} run{'' if one.runs == 1 else 's'} brought"
