"""The studies of a store as a table, and the question before one is deleted."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from rich import box
from rich.table import Table

from sem_ray.cli.console.output import say, stdout
from sem_ray.errors import BadInput
from sem_ray.studies.deletion import Deleted
from sem_ray.studies.listing import StudySummary

UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0))
"""Of an age, in seconds."""
STYLES = {"running": "green", "unreadable": "red"}


@dataclass(frozen=True)
class Listed:
    """What `studies` prints."""

    studies: tuple[StudySummary, ...]


def show_studies(found: Listed) -> None:
    """A line a study, the one that was changed last first."""
    if not found.studies:
        say("no studies yet: run `sem-ray sweep FILE`")
        return
    stdout.print(_table(found))
    for one in found.studies:
        if one.error is not None:
            say(f"{one.study}: {one.error}", style="red")


def _table(found: Listed) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("study", overflow="fold")
    table.add_column("state")
    for name in ("configu-\nrations", "failed\ntrials", "best"):
        table.add_column(name, justify="right")
    table.add_column("of", overflow="fold")
    table.add_column("changed", justify="right")
    now = time.time()
    for one in found.studies:
        table.add_row(*_cells(one, now), style=STYLES.get(one.state))
    return table


def _cells(one: StudySummary, now: float) -> list[str]:
    best = "–" if one.best is None else f"{one.best:.1f}"
    return [
        one.study,
        one.state,
        f"{one.configurations}/{one.wanted}",
        str(one.failed),
        best,
        one.metric or "",
        age(now - one.changed),
    ]


def age(seconds: float) -> str:
    """`3 h ago`, in the largest unit that holds one."""
    for unit, size in UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now"


def confirm_deletion(study: str, trials: int) -> bool:
    """Whether the person at the terminal wants it. Raises `BadInput` if nobody can be asked."""
    what = f"study {study}: its {trials} trials and their runs in MLflow"
    if not sys.stdin.isatty():
        raise BadInput(f"this deletes {what}, and nobody is there to be asked; say --yes")
    say(f"this deletes {what}; noise and victims stay in the store", style="yellow")
    said = input(f"type {study} to delete it: ").strip() == study
    if not said:
        say("nothing was deleted")
    return said


def show_deleted(deleted: Deleted) -> None:
    """What went."""
    say(
        f"deleted study {deleted.study}: {deleted.trials} trials, {deleted.runs} runs in MLflow "
        "(`mlflow gc` removes those for good); what they made is still in the store"
    )
