"""A running sweep: a line a trial, and on a terminal the study below them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from sem_ray.cli.console.columns import cut
from sem_ray.cli.console.live.screen import LiveScreen, Look
from sem_ray.cli.console.output import say, say_notice, stderr
from sem_ray.cli.console.short_settings import short, short_names, short_settings
from sem_ray.metrics.measurement import TEST_ACCURACY, means
from sem_ray.studies.events import DevicesChosen, SweepEvent, TrialEvent, Warned


class SweepProgress:
    """Shows a sweep's events. `look` gives the study as it stands, for a terminal to show;
    `metrics` are the keys that a trial's line begins with there."""

    def __init__(self, look: Look, metrics: Sequence[str] = ()) -> None:
        self._metrics = metrics
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
        elif isinstance(event, TrialEvent):
            self._trial(event)

    def _trial(self, event: TrialEvent) -> None:
        if not self._watched:
            say(_sentence(event))
        elif event.error:
            say(f"{_who(event)}: {event.error}", style="red" if event.state == "failed" else "dim")
        elif event.state != "running":
            stderr.print(cut(self._line(event), stderr.width, style="dim"))

    def _line(self, event: TrialEvent) -> str:
        """For a person, on one line: what it reached, and its settings as far as they fit."""
        found = means(event.measurements)
        reached = "  ".join(f"{key} {found[key]:.1f}" for key in self._metrics if key in found)
        return (
            f"{_who(event)}  {reached}  {short_settings(event.values, short_names(event.values))}"
        )


def _who(event: TrialEvent) -> str:
    """`trial 3 (configuration 2, run 2) complete`."""
    again = (
        f" (configuration {event.configuration}, run {event.replicate + 1})"
        if event.replicate
        else ""
    )
    return f"trial {event.trial}{again} {event.state}"


def _sentence(event: TrialEvent) -> str:
    """For a file: everything, with whole paths."""
    settings = "  ".join(f"{path}={short(value)}" for path, value in event.values.items())
    text = f"{_who(event)}  {settings}"
    if event.error:
        return f"{text}: {event.error}"
    protected = (m for m in event.measurements if m.name == TEST_ACCURACY)
    metrics = "  ".join(f"{name} {value:.1f}" for name, value in means(protected).items())
    return f"{text}  {metrics}".rstrip()
