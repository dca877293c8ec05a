"""Screens to look at: what a person sees, and what a file gets."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from sem_ray.cli.console import experiment_tables, noise_tables, output, progress
from sem_ray.cli.console.live import screen as live_screen
from sem_ray.cli.console.live import sweep_progress, watching
from sem_ray.cli.console.studies import plan_text, study_tables

TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Screen:
    """A console, and what stands on it after all that was drawn, erased and drawn over."""

    def __init__(self, *, terminal: bool, width: int, height: int) -> None:
        self.drawn = StringIO()
        self.console = Console(
            file=self.drawn,
            force_terminal=terminal,
            width=width,
            height=height,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
            _environ={"TERM": "xterm"},
        )

    @property
    def lines(self) -> list[str]:
        """Without colours; a line longer than the screen stays one here."""
        rows: dict[int, str] = {0: ""}
        row = column = 0
        for count, control, move, text in TOKEN.findall(self.drawn.getvalue()):
            if text:
                rows[row] = rows.get(row, "")[:column].ljust(column) + text
                column += len(text)
            elif move:
                row, column = row + (move == "\n"), 0
            elif control == "A":
                row -= int(count or 1)
            elif control == "K":
                rows[row] = ""
        return [line.rstrip() for _, line in sorted(rows.items()) if line.strip()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


MakeScreen = Callable[..., Screen]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> MakeScreen:
    """Puts a new screen in place of both streams."""

    def make(*, terminal: bool = True, width: int = 80, height: int = 100) -> Screen:
        made = Screen(terminal=terminal, width=width, height=height)
        for module in (
            noise_tables,
            output,
            plan_text,
            progress,
            experiment_tables,
            study_tables,
            sweep_progress,
            live_screen,
            watching,
        ):
            for stream in ("stdout", "stderr"):
                monkeypatch.setattr(module, stream, made.console, raising=False)
        return made

    return make
