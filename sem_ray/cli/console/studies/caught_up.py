"""What was brought to MLflow, a line a study."""

from __future__ import annotations

from dataclasses import dataclass

from sem_ray.cli.console.output import say, stdout
from sem_ray.studies.catching_up import CaughtUp


@dataclass(frozen=True)
class AllCaughtUp:
    """What `records sync` and `records rebuild` print."""

    studies: tuple[CaughtUp, ...]


def show_caught_up(found: AllCaughtUp) -> None:
    """A line a study."""
    if not found.studies:
        say("no studies yet: run `sem-ray sweep FILE`")
    for one in found.studies:
        stdout.print(f"{one.study}: {_words(one)}")


def _words(one: CaughtUp) -> str:
    if one.being_swept:
        return "its sweep is running and records it"
    if one.runs == 0:
        return "nothing was missing"
    return f"{one.runs} run{'' if one.runs == 1 else 's'} brought"
