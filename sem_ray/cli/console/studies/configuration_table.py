"""A study's configurations as a table that fits the screen: a line each, the seeds folded into
means, and below it the settings if there is no room for them beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rich.cells import cell_len
from rich.text import Text

from sem_ray.cli.console.columns import aligned, cut, wrapped
from sem_ray.cli.console.output import program
from sem_ray.cli.console.short_settings import short, short_names, short_settings
from sem_ray.metrics.measurement import CLEAN_ACCURACY, TEST_ACCURACY, metric_key
from sem_ray.studies.configuration_rows import ConfigurationRow
from sem_ray.studies.queries import StudyStatus

STATES = {"interrupted": "cut off", "pruned": "stopped early"}
"""What is said of trials that are not finished, if not the name of their state."""
INDENT = "      "
SECONDS = "trial s"


@dataclass(frozen=True)
class _Columns:
    """What stands beside each configuration, and what was left out for want of room."""

    settings: bool
    radii: tuple[float, ...]
    seconds: bool
    left_out: tuple[str, ...]
    """Heads of the columns that found no room."""


def configuration_lines(status: StudyStatus, width: int, most: int | None = None) -> Iterator[Text]:
    """The table on `width` columns, the best first, and of many configurations as many as `most`
    lines hold."""
    rows = _best_first(status)
    columns, (head, *lines) = _fitted(status, rows, width)
    names = short_names(path for row in rows for path in row.values)
    below = [
        [] if columns.settings else wrapped(short_settings(row.values, names), width, INDENT)
        for row in rows
    ]
    shown = len(rows)
    if most is not None:
        room = most - 2 - len(_notes(status, columns, 1, width))
        shown = sum(end <= room for end in accumulate(1 + len(each) for each in below))
    yield cut(f"study {status.study}: {', '.join(map(str, status.objectives))}", width, "bold")
    yield cut(head, width, "bold")
    for row, line, settings in list(zip(rows, lines, below, strict=True))[:shown]:
        yield cut(line, width, _style(status, row))
        yield from (cut(each, width, "dim") for each in settings)
    yield from (Text(line, "dim") for line in _notes(status, columns, len(rows) - shown, width))


def _fitted(
    status: StudyStatus, rows: Sequence[ConfigurationRow], width: int
) -> tuple[_Columns, list[str]]:
    """The most columns that fit."""
    radii = _radii(rows)
    choices = [_Columns(settings, radii, True, ()) for settings in (True, False)]
    for count in range(len(radii), -1, -1):
        left_out = (SECONDS, *map(_head_of, radii[count:]))
        choices.append(_Columns(False, radii[:count], False, left_out))
    for columns in choices:
        table = _table(status, rows, columns)
        if max(map(cell_len, table)) <= width:
            break
    return columns, table


def _table(status: StudyStatus, rows: Sequence[ConfigurationRow], columns: _Columns) -> list[str]:
    """Head and rows."""
    paths = list(dict.fromkeys(path for row in rows for path in row.values))
    names = short_names(paths)
    metrics = [objective.metric for objective in status.objectives]
    head = ["conf", "seeds", *metrics]
    head += [names[path] for path in paths] if columns.settings else []
    head += [*map(_head_of, columns.radii), *([SECONDS] if columns.seconds else [])]
    cells = [
        [
            str(row.configuration),
            str(len(row.seeds)),
            *(_estimate(row, metric) for metric in metrics),
            *([short(row.values.get(path)) for path in paths] if columns.settings else []),
            *(_sides(row, radius) for radius in columns.radii),
            *([_seconds(row)] if columns.seconds else []),
            _remark(status, row),
        ]
        for row in rows
    ]
    return aligned([[*head, ""], *cells], words=(len(head),))


def _head_of(radius: float) -> str:
    return f"ρ={radius:g}"


def _seconds(row: ConfigurationRow) -> str:
    return "–" if row.seconds is None else f"{row.seconds:.0f}"


def _estimate(row: ConfigurationRow, metric: str) -> str:
    found = row.estimate(metric)
    if found is None:
        return "–"
    # The interval of two values alone is wider than any accuracy can be.
    bounds = f" [{found.low:.1f}, {found.high:.1f}]" if found.samples > 2 else ""
    return f"{found.value:.1f}{bounds}"


def _sides(row: ConfigurationRow, radius: float) -> str:
    keys = (metric_key(side, radius) for side in (CLEAN_ACCURACY, TEST_ACCURACY))
    return "→".join(f"{row.means[key]:.1f}" if key in row.means else "–" for key in keys)


def _remark(status: StudyStatus, row: ConfigurationRow) -> str:
    """Who leads and who cannot be told from it, and what is not finished."""
    states = [f"{count} {STATES.get(state, state)}" for state, count in row.states.items()]
    return ", ".join([*_rank(status, row), *states])


def _rank(status: StudyStatus, row: ConfigurationRow) -> list[str]:
    if row.broken:
        return ["infeasible"]
    if status.comparison is None:
        return ["best" if len(status.objectives) == 1 else "front"] * _leads(status, row)
    if _leads(status, row):
        return ["best"]
    tied = {one.trial for one in status.comparison.tied}
    return ["tied"] if row.configuration in tied else []


def _leads(status: StudyStatus, row: ConfigurationRow) -> bool:
    return row.configuration in status.leading


def _style(status: StudyStatus, row: ConfigurationRow) -> str:
    if _leads(status, row):
        return "green"
    if row.broken:
        return "yellow"
    return "red" if not row.seeds and "failed" in row.states else ""


def _notes(status: StudyStatus, columns: _Columns, more: int, width: int) -> list[str]:
    """What stands below the table, in lines that fit; an option is not broken at its dash."""
    sentences = _below(status, columns, more)
    return [
        line for text in sentences for line in textwrap.wrap(text, width, break_on_hyphens=False)
    ]


def _below(status: StudyStatus, columns: _Columns, more: int) -> Iterator[str]:
    asked = f"{program()} status {status.study}"
    if more > 0:
        yield f"and {more} more: {asked}"
    if any(len(row.seeds) > 1 for row in status.configurations):
        yield f"means over seeds, 95% intervals; by trial: {asked} --trials"
    if status.comparison is not None and status.comparison.tied:
        yield "tied: cannot be told from the best"
    if columns.radii:
        yield "ρ=: test accuracy in %, clean→protected, by the victim's radius (1/255)"
    if columns.left_out:
        yield f"no room for {', '.join(columns.left_out)}; {asked} --json has all"


def _best_first(status: StudyStatus) -> list[ConfigurationRow]:
    """By the first objective; those without a result last."""
    objective = status.objectives[0]

    def place(row: ConfigurationRow) -> tuple[bool, bool, float, int]:
        found = row.means.get(objective.metric)
        cost = 0.0 if found is None else objective.sign * found
        return not _leads(status, row), found is None, cost, row.configuration

    return sorted(status.configurations, key=place)


def _radii(rows: Sequence[ConfigurationRow]) -> tuple[float, ...]:
    """Of the victims on protected images, each once."""
    return tuple(dict.fromkeys(radius for row in rows for radius in row.radii))
