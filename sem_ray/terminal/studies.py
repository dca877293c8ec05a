"""Sweeps and studies as a person sees them: live bars, tables of trials, the winner as YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

import yaml
from rich.progress import TaskID
from rich.table import Table

from sem_ray.studies.events import SweepEvent, TrialEvent, TrialProgress, Warned
from sem_ray.studies.planning import SweepPlan
from sem_ray.studies.queries import Best, StudyStatus, TrialRow
from sem_ray.studies.sweep import SweepResult
from sem_ray.terminal.output import say, stderr, stdout
from sem_ray.terminal.progress import bars, shown


class SweepProgress:
    """Shows a sweep's events: a bar for the study, one for each running trial's stage."""

    def __init__(self) -> None:
        self._watched = stderr.is_terminal
        self._bars = bars()
        self._study: TaskID | None = None
        self._trials: dict[int, TaskID] = {}

    def __enter__(self) -> SweepProgress:
        if self._watched:
            self._bars.start()
            self._study = self._bars.add_task("trials", total=None, unit="trials", figures="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watched:
            for task in self._trials.values():
                self._bars.remove_task(task)
            self._bars.stop()

    def __call__(self, event: SweepEvent) -> None:
        """What `sweep` calls for every event."""
        if isinstance(event, Warned):
            say(f"warning: {event.message}", style="yellow")
        elif isinstance(event, TrialProgress):
            self._stage(event)
        else:
            self._trial(event)

    def _trial(self, event: TrialEvent) -> None:
        ended = event.state != "running"
        if ended or not self._watched:
            say(_sentence(event), style="red" if event.state == "failed" else "dim")
        if self._watched and self._study is not None:
            self._bars.update(self._study, completed=event.done, total=event.total)
        if ended and (task := self._trials.pop(event.trial, None)) is not None:
            self._bars.remove_task(task)

    def _stage(self, event: TrialProgress) -> None:
        if not self._watched:
            return
        progress = event.progress
        description = f"  {event.trial}: {progress.stage}"
        task = self._trials.get(event.trial)
        if task is None or self._bars.tasks[self._bars.task_ids.index(task)].description != (
            description
        ):
            if task is not None:
                self._bars.remove_task(task)
            task = self._bars.add_task(
                description, total=progress.total, unit=progress.unit, figures=""
            )
            self._trials[event.trial] = task
        self._bars.update(task, completed=progress.done, figures=shown(progress.figures))


def show_plan(plan: SweepPlan) -> None:
    """What `--dry-run` prints."""
    table = Table("setting", "values", title=f"study {plan.study}: {plan.trials} trials")
    for path, allowed in plan.settings.items():
        table.add_row(path, allowed)
    stdout.print(table)
    first = Table("trial", *plan.settings, title="first proposals")
    for number, values in enumerate(plan.proposals):
        first.add_row(str(number), *(_value(values[path]) for path in plan.settings))
    stdout.print(first)
    say("dry run: nothing was run, nothing was written")


def show_sweep(result: SweepResult, status: StudyStatus, winner: Best | None) -> None:
    """The end of a sweep: every trial, what failed, and the best as YAML."""
    stdout.print(trial_table(status))
    for failed in result.failed:
        say(f"trial {failed.trial} failed: {failed.error}", style="red")
    say(f"{result.complete} of {result.target} trials finished; {result.seconds:.0f} s")
    if winner is not None:
        stdout.print()
        show_best(winner)
        say(f"again at any time: sem-ray best {winner.study} > best.yaml")
        say("protect with it:   sem-ray protect DATA --config best.yaml --out noise")


def show_status(status: StudyStatus) -> None:
    stdout.print(trial_table(status))
    state = "running now" if status.running else "not running"
    say(f"{status.complete} of {status.trials} trials finished; {state}")


def show_best(best: Best) -> None:
    """YAML on stdout; which trial it is, as a comment in it."""
    figures = ", ".join(f"{name} {value:.1f}" for name, value in best.metrics.items())
    stdout.print(
        f"# best of study {best.study}: trial {best.trial}, {best.metric} {best.value:.1f}"
    )
    stdout.print(f"# {figures}")
    tree = best.spec.model_dump(mode="json")
    stdout.print(yaml.safe_dump(tree, sort_keys=False, default_flow_style=None).rstrip())


def trial_table(status: StudyStatus) -> Table:
    """A row a trial: searched settings, test accuracies (%) and seconds."""
    table = Table(
        title=f"study {status.study} ({status.direction} {status.metric})",
        caption="test accuracy in %; ρ = radius of the victim's adversarial training, 1/255",
    )
    settings = _ordered(path for row in status.rows for path in row.values)
    radii = _radii(status.rows)
    for name in ("trial", "state"):
        table.add_column(name)
    for path in settings:
        table.add_column(path.replace(".", ".\n", 1), justify="right")
    for radius in radii:
        table.add_column(f"clean\nρ={radius}", justify="right")
        table.add_column(f"protected\nρ={radius}", justify="right", style="bold")
    table.add_column("generation\ns", justify="right")
    table.add_column("trial\ns", justify="right")
    leader = _leader(status)
    for row in status.rows:
        style = "green" if row is leader else "red" if row.state == "failed" else None
        table.add_row(*_cells(row, settings, radii), style=style)
    return table


def _cells(row: TrialRow, settings: list[str], radii: list[str]) -> list[str]:
    cells = [str(row.trial), row.state]
    cells += [_value(row.values.get(path)) for path in settings]
    for radius in radii:
        for side in ("clean", "test"):
            cells.append(_figure(row.metrics, f"{side}_accuracy@{radius}"))
    return [*cells, _figure(row.metrics, "generation_seconds"), _seconds(row.seconds)]


def _leader(status: StudyStatus) -> TrialRow | None:
    done = [row for row in status.rows if row.value is not None]
    sign = 1 if status.direction == "minimize" else -1
    return min(done, key=lambda row: sign * (row.value or 0.0), default=None)


def _radii(rows: Iterable[TrialRow]) -> list[str]:
    names = _ordered(name for row in rows for name in row.metrics)
    prefix = "test_accuracy@"
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


def _ordered(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _figure(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.1f}" if name in metrics else "–"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.0f}"


def _value(value: Any) -> str:
    return "–" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def _sentence(event: TrialEvent) -> str:
    settings = "  ".join(f"{path}={_value(value)}" for path, value in event.values.items())
    text = f"trial {event.trial} {event.state}  {settings}"
    if event.error:
        return f"{text}: {event.error}"
    figures = "  ".join(
        f"{name} {value:.1f}" for name, value in event.metrics.items() if name.startswith("test")
    )
    return f"{text}  {figures}".rstrip()
