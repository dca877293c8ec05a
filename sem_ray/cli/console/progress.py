"""Progress bars with rate and time left if a person watches; otherwise a line a stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from sem_ray.cli.console.output import say, stderr
from sem_ray.progress import Progress

SINCE = "since"
"""Field of a task whose pace is taken from its beginning, when this much was done already: rich
looks at the last half minute, in which a study may not finish a trial."""

MOST_LINES = 8
"""Actors that have a line each; a screen has few."""


def pace(task: Task) -> float | None:
    """Units a second, or None if that cannot be said yet."""
    if SINCE not in task.fields:
        return task.finished_speed or task.speed
    done, elapsed = task.completed - task.fields[SINCE], task.elapsed
    return done / elapsed if elapsed and done > 0 else None


class Rate(ProgressColumn):
    """Units a second, or a minute if they are slow."""

    def render(self, task: Task) -> Text:
        speed, unit = pace(task), task.fields.get("unit", "steps")
        if not speed:
            return Text("")
        text = f"{speed:.1f} {unit}/s" if speed >= 1 else f"{60 * speed:.1f} {unit}/min"
        return Text(text, style="progress.data.speed")


class TimeLeft(ProgressColumn):
    """Minutes and seconds to the end."""

    def render(self, task: Task) -> Text:
        speed = pace(task)
        if not speed or task.remaining is None:
            return Text("--:--", style="progress.remaining")
        minutes, seconds = divmod(round(task.remaining / speed), 60)
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
        return Text(text, style="progress.remaining")


class MetricsColumn(ProgressColumn):
    """The latest loss and accuracy, cut off at the end of the screen."""

    def render(self, task: Task) -> Text:
        return Text(task.fields["metrics"], style="dim", no_wrap=True, overflow="ellipsis")


class BarsAndLines(Bars):
    """Bars, and below them lines that are broken at the end of the screen and not cut."""

    def __init__(self, *columns: ProgressColumn, console: Console) -> None:
        self.below: Mapping[object, str] = {}
        """By what each is about. Replaced as a whole, because another thread draws."""
        super().__init__(*columns, console=console)

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        yield from (
            Text(line, style="dim", overflow="fold", no_wrap=False) for line in self.below.values()
        )


def bars() -> BarsAndLines:
    """An empty set of bars on stderr. On a narrow screen, bar and metrics give way."""
    whole = Column(no_wrap=True)
    return BarsAndLines(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(table_column=whole),
        Rate(table_column=whole),
        TimeLeft(table_column=whole),
        MetricsColumn(),
        console=stderr,
    )


class StageProgress:
    """A sink that shows one bar a stage, in the order they begin, and below them a line for each
    actor at work."""

    def __init__(self) -> None:
        self._watched = stderr.is_terminal
        self._bars = bars()
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> StageProgress:
        if self._watched:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watched:
            self._bars.stop()

    def __call__(self, progress: Progress) -> None:
        """The sink."""
        if self._watched:
            self._show(progress)
        elif progress.done == progress.total:
            metrics = all_shown(progress)
            say(f"{progress.stage}: {progress.total:,} {progress.unit} done  {metrics}".rstrip())

    def _show(self, progress: Progress) -> None:
        task = self._tasks.get(progress.stage)
        if task is None:
            task = self._bars.add_task(
                progress.stage, total=progress.total, unit=progress.unit, metrics=""
            )
            self._tasks[progress.stage] = task
        self._bars.update(task, completed=progress.done, total=progress.total)
        if progress.metrics:
            self._bars.update(task, metrics=shown(progress.metrics))
        at_work = progress.workers and progress.done < progress.total
        self._bars.below = dict(enumerate(actor_lines(progress))) if at_work else {}


def actor_lines(progress: Progress) -> list[str]:
    """What actors share, and what each does: `  actor 0: shards 0-3, 90.0 images/s`."""
    lines = [f"  {all_shown(progress)}"]
    lines += [
        f"  {worker.name}: {in_words(worker.shards)}, {worker.rate:.1f} images/s"
        for worker in progress.workers[:MOST_LINES]
    ]
    more = len(progress.workers) - MOST_LINES
    return [*lines, f"  and {more} more actors"] if more > 0 else lines


def in_words(shards: tuple[int, ...]) -> str:
    """`shards 0-3`, `shard 4`."""
    if len(shards) == 1:
        return f"shard {shards[0]}"
    return f"shards {shards[0]}-{shards[-1]}"


def all_shown(progress: Progress) -> str:
    """A report's metrics, and how many share the work; what is rarest first."""
    parts = [f"restarts {progress.restarts}"] if progress.restarts else []
    parts.append(shown(progress.metrics))
    if progress.workers:
        rate = sum(worker.rate for worker in progress.workers)
        parts.append(f"{len(progress.workers)} actors {rate:.1f} images/s")
    return "  ".join(part for part in parts if part)


def shown(metrics: Mapping[str, float]) -> str:
    """`accuracy 48.2%  loss 0.612`: what matters first, because a narrow screen cuts the end."""
    return "  ".join(
        f"{name} {value:.1f}%" if name == "accuracy" else f"{name} {value:.3f}"
        for name, value in sorted(metrics.items())
    )
