"""Progress bars with rate and time left where a person watches; a line a stage where not."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

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
"""Field of a task whose pace is taken from its beginning, when so much was done already: rich
looks at the last half minute, in which a study may not finish a trial."""


RATE = "rate"
"""Field of a task whose pace is told by who does the work."""


def pace(task: Task) -> float | None:
    """Units a second, or None where that cannot be said yet."""
    if RATE in task.fields:
        return float(task.fields[RATE])
    if SINCE not in task.fields:
        return task.finished_speed or task.speed
    done, elapsed = task.completed - task.fields[SINCE], task.elapsed
    return done / elapsed if elapsed and done > 0 else None


class Rate(ProgressColumn):
    """Units a second, or a minute where they are slow."""

    def render(self, task: Task) -> Text:
        speed, unit = pace(task), task.fields.get("unit", "steps")
        if not speed:
            return Text("")
        text = f"{speed:.1f} {unit}/s" if speed >= 1 else f"{60 * speed:.1f} {unit}/min"
        return Text(text, style="progress.data.speed")


class TimeLeft(ProgressColumn):
    """Minutes and seconds to the end."""

    def render(self, task: Task) -> Text:
        if RATE in task.fields:
            return Text("")
        speed = pace(task)
        if not speed or task.remaining is None:
            return Text("--:--", style="progress.remaining")
        minutes, seconds = divmod(round(task.remaining / speed), 60)
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
        return Text(text, style="progress.remaining")


class MetricsColumn(ProgressColumn):
    """The latest loss and accuracy, cut off where the screen ends."""

    def render(self, task: Task) -> Text:
        return Text(task.fields["metrics"], style="dim", no_wrap=True, overflow="ellipsis")


def bars() -> Bars:
    """An empty set of bars on stderr. Where it is narrow, bar and figures give way."""
    whole = Column(no_wrap=True)
    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(table_column=whole),
        Rate(table_column=whole),
        TimeLeft(table_column=whole),
        MetricsColumn(),
        console=stderr,
    )


class StageProgress:
    """A sink that shows one bar a stage, in the order they begin, and below them one for each
    actor at work."""

    def __init__(self) -> None:
        self._watched = stderr.is_terminal
        self._bars = bars()
        self._tasks: dict[str, TaskID] = {}
        self._workers: dict[str, TaskID] = {}

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
            self._bars.update(task, metrics=all_shown(progress))
        self._show_workers(progress)

    def _show_workers(self, progress: Progress) -> None:
        at_work = {} if progress.done == progress.total else {w.name: w for w in progress.workers}
        for name in self._workers.keys() - at_work.keys():
            self._bars.remove_task(self._workers.pop(name))
        for name, worker in at_work.items():
            if name not in self._workers:
                self._workers[name] = self._bars.add_task(
                    "", unit="images", metrics="", rate=worker.rate
                )
            self._bars.update(
                self._workers[name],
                description=f"  {name}: {in_words(worker.shards)}",
                total=progress.total,
                completed=progress.done,
                rate=worker.rate,
            )


def in_words(shards: tuple[int, ...]) -> str:
    """`shards 0-3`, `shard 4`."""
    if len(shards) == 1:
        return f"shard {shards[0]}"
    return f"shards {shards[0]}-{shards[-1]}"


def all_shown(progress: Progress) -> str:
    """A report's figures, and who shares the work; what is rarest first."""
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
