"""A running sweep: a bar for the study, one for each running trial's stage, a line a trial."""

from __future__ import annotations

from types import TracebackType

from rich.progress import TaskID

from sem_ray.cli.console.comparison_text import short
from sem_ray.cli.console.output import say, stderr
from sem_ray.cli.console.progress import all_shown, bars, shown
from sem_ray.metrics.measurement import TEST_ACCURACY, means
from sem_ray.studies.events import DevicesChosen, SweepEvent, TrialEvent, TrialProgress, Warned


class SweepProgress:
    """Shows a sweep's events."""

    def __init__(self) -> None:
        self._watched = stderr.is_terminal
        self._bars = bars()
        self._study: TaskID | None = None
        self._begun = False
        self._stages: dict[int, tuple[str, TaskID]] = {}

    def __enter__(self) -> SweepProgress:
        if self._watched:
            self._bars.start()
            self._study = self._bars.add_task(
                "trials", total=None, unit="trials", metrics="starting Ray"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watched:
            for trial in list(self._stages):
                self._drop(trial)
            self._bars.stop()

    def __call__(self, event: SweepEvent) -> None:
        """What `sweep` calls for every event."""
        if isinstance(event, Warned):
            say(f"warning: {event.message}", style="yellow")
        elif isinstance(event, TrialEvent):
            self._trial(event)
        elif isinstance(event, DevicesChosen):
            say(event.notice)
        elif isinstance(event, TrialProgress) and self._watched:
            self._stage(event)

    def _trial(self, event: TrialEvent) -> None:
        ended = event.state != "running"
        if ended or not self._watched:
            say(_sentence(event), style="red" if event.state == "failed" else "dim")
        if self._study is not None:
            self._count(self._study, event)
        if ended:
            self._drop(event.trial)

    def _count(self, study: TaskID, event: TrialEvent) -> None:
        if not self._begun:
            # The clock starts with the first trial, not with Ray.
            self._bars.reset(study, unit="trials", metrics="", since=event.done)
            self._begun = True
        self._bars.update(study, completed=event.done, total=event.total)

    def _stage(self, event: TrialProgress) -> None:
        progress, trial = event.progress, event.trial
        stage, task = self._stages.get(trial, (None, None))
        if task is None or stage != progress.stage:
            self._drop(trial)
            task = self._bars.add_task(
                f"  {trial}: {progress.stage}", total=progress.total, unit=progress.unit, metrics=""
            )
            self._stages[trial] = (progress.stage, task)
        self._bars.update(task, completed=progress.done)
        if progress.metrics:
            self._bars.update(task, metrics=shown(progress.metrics))
        if progress.workers:
            line = f"  {trial}: {all_shown(progress)}"
            self._bars.below = {**self._bars.below, trial: line}

    def _drop(self, trial: int) -> None:
        self._bars.below = {key: text for key, text in self._bars.below.items() if key != trial}
        if trial in self._stages:
            self._bars.remove_task(self._stages.pop(trial)[1])


def _sentence(event: TrialEvent) -> str:
    settings = "  ".join(f"{path}={short(value)}" for path, value in event.values.items())
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
