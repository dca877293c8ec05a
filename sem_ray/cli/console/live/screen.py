"""A study drawn on the terminal again and again, below the lines that others print."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from sem_ray.cli.console.live.view import live_view
from sem_ray.cli.console.output import stderr
from sem_ray.errors import SemRayError
from sem_ray.studies.watch.study_view import StudyView

EVERY = 1.0
"""Seconds between two looks, at least."""
SHARE = 10
"""A look that took long is followed by a pause this many times longer."""

Look = Callable[[], StudyView | None]


class LiveScreen:
    """Draws what `look` gives while the block runs, and takes it away at the end. On anything that
    is no terminal it does nothing."""

    def __init__(self, look: Look, waiting: str = "starting") -> None:
        self._look, self._shown = look, Text(waiting, style="dim")
        self._drawn: RenderableType = self._shown
        self._next = 0.0
        self._live: Live | None = None

    def __enter__(self) -> LiveScreen:
        if stderr.is_terminal:
            self._live = Live(
                get_renderable=self._draw,
                console=stderr,
                refresh_per_second=2,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def _draw(self) -> RenderableType:
        start = time.monotonic()
        if start >= self._next:
            self._drawn = self._looked()
            end = time.monotonic()
            self._next = end + max(EVERY, SHARE * (end - start))
        return self._drawn

    def _looked(self) -> RenderableType:
        try:
            view = self._look()
        except (SemRayError, OSError) as error:
            # Drawing runs beside the work, which goes on and tells of its own troubles.
            return Text(f"the study cannot be read just now: {error}", style="yellow")
        if view is None:
            return self._shown
        return live_view(view, stderr.width, stderr.height - 1)
