"""A sweep of another process, followed to its end."""

from __future__ import annotations

import time
from typing import Protocol

from sem_ray.cli.console.live.screen import LiveScreen
from sem_ray.cli.console.live.view import head_line
from sem_ray.cli.console.output import say, stderr
from sem_ray.studies.watch.study_view import StudyView

EVERY = 1.0
"""Seconds between two looks whether the sweep still runs."""


class Poll(Protocol):
    """A look at a study: `sem_ray.studies.watch.poll.StudyPoll`."""

    @property
    def running(self) -> bool: ...

    def look(self) -> StudyView | None: ...


def follow(poll: Poll) -> None:
    """Show the study until its sweep ends; at once if none runs. A file gets a line whenever a
    trial has ended."""
    with LiveScreen(poll.look):
        told = ""
        while poll.running:
            if not stderr.is_terminal and (line := _line(poll)) != told:
                told = line
                say(line)
            time.sleep(EVERY)


def _line(poll: Poll) -> str:
    view = poll.look()
    return "the study begins" if view is None else head_line(view.standing)
