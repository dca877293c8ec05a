"""A running study on one screen: what is done and left, who leads, what runs on which devices."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from sem_ray.cli.console.columns import cut, wrapped
from sem_ray.cli.console.live.running_trials import INDENT, running_lines
from sem_ray.cli.console.short_settings import short_names, short_settings
from sem_ray.metrics.statistics import Estimate
from sem_ray.studies.watch.standing import Standing
from sem_ray.studies.watch.study_view import StudyView

BAR = 30
"""Columns of the bar, at most."""
DOT = " · "


def live_view(view: StudyView, width: int, height: int) -> Group:
    """The study on `width` columns and at most `height` lines."""
    head: list[RenderableType] = [
        *_head(view.standing, width),
        _bar(view, width),
        *_best(view.standing, width),
    ]
    head += [cut(line, width) for line in (*_rungs(view.standing), *_devices(view))]
    return Group(*head, *running_lines(view, width, max(height - len(head), 2)))


def clock(seconds: float) -> str:
    """`3:20`, `1:02:03`, `2 d 03:04`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24:02}:{minute:02}"
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def interval(estimate: Estimate) -> str:
    """`18.2 [15.0, 21.4] over 3 seeds`, `18.2 with one seed`."""
    if not estimate.known:
        return f"{estimate.value:.1f} with one seed"
    bounds = f"[{estimate.low:.1f}, {estimate.high:.1f}]"
    return f"{estimate.value:.1f} {bounds} over {estimate.samples} seeds"


def head_line(standing: Standing) -> str:
    """How many configurations and trials are done."""
    parts = [
        f"study {standing.study}",
        f"configurations {standing.configurations} of {standing.wanted}",
        f"trials {standing.runs} of up to {standing.runs + standing.runs_left}",
    ]
    return DOT.join(parts)


def _head(standing: Standing, width: int) -> Iterator[Text]:
    yield cut(head_line(standing), width, style="bold")
    ended = [f"{standing.failed} failed"] if standing.failed else []
    ended += [f"{standing.pruned} stopped early"] if standing.pruned else []
    if ended:
        yield cut(f"besides {DOT.join(ended)}", width)


def _bar(view: StudyView, width: int) -> Table:
    standing, left = view.standing, view.left
    total = standing.runs + standing.runs_left
    told = "time left unknown" if left is None else f"time left {clock(left.seconds)}, {left.basis}"
    if not standing.runs_left:
        told = "finished"
    row = Table.grid(Column(width=min(BAR, width // 3)), Column(no_wrap=True), padding=(0, 2, 0, 0))
    row.add_row(ProgressBar(max(total, 1), standing.runs), Text(told, overflow="ellipsis"))
    return row


def _best(standing: Standing, width: int) -> Iterator[Text]:
    if (leader := standing.leader) is None:
        yield cut("best   nothing is finished yet", width)
        return
    objective = standing.objectives[0].metric
    text = f"best   configuration {leader.configuration}: {objective} {interval(leader.estimate)}"
    yield cut(text, width)
    if leader.tied:
        yield cut(f"{INDENT}{leader.tied} others cannot be told from it", width)
    told = short_settings(leader.values, short_names(leader.values))
    yield from (cut(line, width) for line in wrapped(told, width, INDENT, most=2))
    if len(standing.objectives) > 1:
        text = f"front  {standing.front} configurations that no other beats in every objective"
        yield cut(text, width)


def _rungs(standing: Standing) -> Iterator[str]:
    """`rungs  0.25: 12 reached, 8 stopped · 0.5: …`."""
    if standing.rungs:
        told = (f"{r.fraction:g}: {r.reached} reached, {r.stopped} stopped" for r in standing.rungs)
        yield f"rungs  {DOT.join(told)}"


def _devices(view: StudyView) -> Iterator[str]:
    spent = [f"{hours:.2f} {unit}" for unit, hours in view.spent.items()] or ["nothing yet"]
    if view.started is not None:
        spent.append(f"this sweep runs for {clock(view.now - view.started)}")
    yield f"cost   {DOT.join(spent)}"
    if view.devices and view.taken:
        used = [f"{view.taken.cpus:.3g} of {view.devices.cpus:.3g} cores"]
        if view.devices.gpus:
            used.append(f"{view.taken.gpus:.3g} of {view.devices.gpus:.3g} GPUs")
        yield f"takes  {DOT.join(used)}"
