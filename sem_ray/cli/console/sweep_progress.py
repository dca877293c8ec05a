"""A running sweep: a line a trial, and on a terminal the study below them."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from sem_ray.cli.console.live_screen import LiveScreen, Look
from sem_ray.cli.console.output import say, say_notice, stderr
from sem_ray.cli.console.short_settings import short, short_names, short_settings
from sem_ray.metrics.measurement import TEST_ACCURACY, means
from sem_ray.studies.events import DevicesChosen, SweepEvent, TrialEvent, Warned


class SweepProgress:
    """Shows a sweep's events. `look` gives the study as it stands, for a terminal to show."""

    def __init__(self, look: Look) -> None:
        self._watched = stderr.is_terminal
        self._screen = LiveScreen(look, "starting Ray")

    def __enter__(self) -> SweepProgress:
        self._screen.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._screen.__exit__(kind, error, trace)

    def __call__(self, event: SweepEvent) -> None:
        """What `sweep` calls for every event."""
        if isinstance(event, Warned):
            say(f"warning: {event.message}", style="yellow")
        elif isinstance(event, DevicesChosen):
            say_notice(event.notice)
        elif isinstance(event, TrialEvent) and (event.state != "running" or not self._watched):
            text = _sentence(event, self._settings(event.values))
            say(text, style="red" if event.state == "failed" else "dim")

    def _settings(self, values: Mapping[str, Any]) -> str:
        """Short for a person; with their whole paths for a file."""
        if self._watched:
            return short_settings(values, short_names(values))
        return "  ".join(f"{path}={short(value)}" for path, value in values.items())


def _sentence(event: TrialEvent, settings: str) -> str:
    again = (
        f" (configuration {event.configuration}, run {event.replicate + 1})"
        if event.replicate
        else ""
    )
    text = f"trial {event.trial}{again} {event.state}  {settings}"
    if event.error:
        return f"{text}: {event.error}"
    protected = (m for m in event.measurements if m.name == TEST_ACCURACY)
    metrics = "  ".join(f"{name} {value:.1f}" for name, value in means(protected).items())
    return f"{text}  {metrics}".rstrip()
