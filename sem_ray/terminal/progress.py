"""Progress bars with rate and time left where a person watches; a line a stage where not."""

from __future__ import annotations

from types import TracebackType

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from sem_ray.progress import Progress
from sem_ray.terminal.output import say, stderr


class Rate(ProgressColumn):
    """Units a second over the last while."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        unit = task.fields.get("unit", "steps")
        return Text(f"{speed:.1f} {unit}/s" if speed else "", style="progress.data.speed")


def bars() -> Bars:
    """An empty set of bars on stderr."""
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[figures]}", style="dim"),
        console=stderr,
    )


class StageProgress:
    """A sink that shows one bar a stage, in the order they begin."""

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
            figures = shown(progress.figures)
            say(f"{progress.stage}: {progress.total:,} {progress.unit} done  {figures}".rstrip())

    def _show(self, progress: Progress) -> None:
        first = self._begin(progress)
        self._bars.update(
            self._tasks[progress.stage], completed=progress.done, total=progress.total
        )
        if progress.figures or first:
            figures = shown(progress.figures)
            self._bars.update(self._tasks[progress.stage], figures=figures)

    def _begin(self, progress: Progress) -> bool:
        """Give the stage a bar, a new one where an ended stage begins again."""
        task = self._tasks.get(progress.stage)
        ended = task is not None and self._bars.tasks[self._place(task)].finished
        if task is not None and not (ended and progress.done < progress.total):
            return False
        self._tasks[progress.stage] = self._bars.add_task(
            progress.stage, total=progress.total, unit=progress.unit, figures=""
        )
        return True

    def _place(self, task: TaskID) -> int:
        return self._bars.task_ids.index(task)


def shown(figures: dict[str, float]) -> str:
    """`loss 0.612  accuracy 48.2%`."""
    return "  ".join(
        f"{name} {value:.1f}%" if name == "accuracy" else f"{name} {value:.3f}"
        for name, value in figures.items()
    )
