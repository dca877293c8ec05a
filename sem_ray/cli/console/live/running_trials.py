"""The trials that run now, a line or two each: stage, rate, and the settings that vary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from rich.cells import cell_len
from rich.text import Text

from sem_ray.cli.console.columns import aligned, cut, wrapped
from sem_ray.cli.console.output import program
from sem_ray.cli.console.progress import all_shown
from sem_ray.cli.console.short_settings import short_names, short_settings
from sem_ray.studies.watch.study_view import RunningTrial, StudyView

INDENT = "       "
HEADS = ("trial", "seed", "stage", "done", "rate")
STAGE = (2,)


def running_lines(view: StudyView, width: int, most: int) -> Iterator[Text]:
    """On at most `most` lines of `width` columns: what each trial does, and its settings beside
    that if they fit, else below."""
    if not view.running:
        return
    names = short_names(path for one in view.running for path in one.values)
    told = [short_settings(one.values, names) for one in view.running]
    head, *does = aligned([HEADS, *map(_cells, view.running)], words=STAGE)
    beside = cell_len(head) + 2 + max(map(cell_len, told)) <= width
    below = _below(told, width, most) if not beside else [[]] * len(told)
    count = _fitting([1 + len(lines) for lines in below], most)
    yield cut(f"{head}  settings" if beside else head, width, style="bold")
    for number, one in enumerate(view.running[:count]):
        metrics = all_shown(one.live.progress) if one.live.progress else ""
        yield cut(_joined(does[number], told[number] if beside else "", metrics), width)
        yield from (cut(line, width, style="dim") for line in below[number])
    if count < len(told):
        more = f"and {len(told) - count} more: {program()} status {view.standing.study}"
        yield cut(more, width, style="dim")


def _below(told: Sequence[str], width: int, most: int) -> list[list[str]]:
    """Each trial's settings whole if all of them fit, else on one line that is cut."""
    whole = [wrapped(settings, width, INDENT) for settings in told]
    if 1 + sum(1 + len(lines) for lines in whole) <= most:
        return whole
    return [wrapped(settings, width, INDENT, most=1) for settings in told]


def _joined(*parts: str) -> str:
    return "  ".join(part for part in parts if part)


def _fitting(heights: Sequence[int], most: int) -> int:
    """How many trials of so many lines each fit below a head, and above a line that counts the
    others."""
    if 1 + sum(heights) <= most:
        return len(heights)
    ends = accumulate(heights)
    return max(sum(2 + end <= most for end in ends), 1)


def _cells(one: RunningTrial) -> Sequence[str]:
    live, progress = one.live, one.live.progress
    return (
        f"{live.trial}, try {live.attempt}" if live.attempt > 1 else str(live.trial),
        "–" if one.seed is None else str(one.seed),
        "begins" if progress is None else progress.stage,
        "" if live.percent is None else f"{live.percent:.0f}%",
        _rate(one.rate, progress.unit if progress else "steps"),
    )


def _rate(rate: float | None, unit: str) -> str:
    if not rate:
        return ""
    return f"{rate:.1f} {unit}/s" if rate >= 1 else f"{60 * rate:.1f} {unit}/min"
