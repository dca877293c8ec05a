"""Recorded results on a terminal: tables of them, one whole, two beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table

from sem_ray.api.records import ExportedRuns, Shown
from sem_ray.cli.console.output import printable, say, stdout
from sem_ray.cli.console.short_settings import short_names
from sem_ray.metrics.statistics import Estimate
from sem_ray.records import Compared, Row

SHOWN = ("test_accuracy_at_", "clean_accuracy_at_", "generation_seconds")
"""How the metrics begin that a table has room for."""


@dataclass(frozen=True)
class Listing:
    """What `list` prints."""

    rows: tuple[Row, ...]


def show_listing(found: Listing) -> None:
    """A line a result: what differs between them, accuracies with intervals, seeds."""
    if not found.rows:
        say("no recorded result meets this")
        return
    settings, metrics = _varying(found.rows), _metrics(found.rows)
    names = short_names(settings)
    table = _table("run", *(names[path] for path in settings), "seeds", *metrics)
    for row in found.rows:
        values = (printable(row.settings.get(path, "–")) for path in settings)
        measured = (_with_interval(row, name) for name in metrics)
        table.add_row(printable(row.name), *values, str(len(row.seeds)), *measured)
    stdout.print(table)


def show_run(found: Shown) -> None:
    """Everything, a line each."""
    row = found.row
    _line(f"{row.name}  {row.kind}, {row.state.lower()}, run {row.run_id} in MLflow")
    for title, pairs in (
        ("settings", row.settings),
        ("metrics", {name: _with_interval(row, name) for name in row.measured}),
        ("tags", {k: v for k, v in row.tags.items() if not k.endswith((".spec", ".of"))}),
    ):
        stdout.print(f"\n{title}")
        for name, value in pairs.items():
            _line(f"  {name}  {value}")
    if row.kind == "configuration":
        stdout.print("\nseeds")
        for run in found.replicates:
            accuracies = (f"{k} {v:.4g}" for k, v in run.metrics.items() if k.startswith(SHOWN))
            _line(f"  {run.name}  seed {run.settings.get('seed')}  {'  '.join(accuracies)}")


def show_compared(found: Compared) -> None:
    """Values by seed, the difference, and what it says in words."""
    seeds = sorted({seed for values in found.values.values() for seed in values})
    table = _table("seed", found.one, found.other)
    for seed in seeds:
        cells = (found.values[name].get(seed) for name in (found.one, found.other))
        table.add_row(str(seed), *("–" if cell is None else f"{cell:.4g}" for cell in cells))
    table.add_row("mean", *(f"{found.means[n].value:.4g}" for n in (found.one, found.other)))
    stdout.print(found.metric)
    stdout.print(table)
    for path, (one, other) in found.settings.items():
        _line(f"{path}  {one} | {other}")
    _line(_sentence(found))


def show_exported(found: ExportedRuns) -> None:
    say(f"{found.rows} rows written to {found.file}")


def _sentence(found: Compared) -> str:
    if found.difference is None:
        return found.said
    if found.p is None:
        return f"{found.said}, {found.difference.value:+.3g}"
    how = f"p = {found.p:.2g}, {_how(found)}"
    interval = _interval(found.difference)
    if found.said == "cannot be told apart":
        return f"cannot be told apart: difference {interval} ({how})"
    return f"{found.one} is {found.said} by {interval} ({how})"


def _how(found: Compared) -> str:
    if found.paired:
        return f"{len(found.shared)} shared seeds, paired"
    return f"{'one shared seed' if found.shared else 'no shared seeds'}, Welch"


def _line(text: str) -> None:
    """A line that quotes a record, which anyone who reaches the server may have written."""
    stdout.print(printable(text))


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:+.3g} [{estimate.low:+.3g}, {estimate.high:+.3g}]"


def _varying(rows: Sequence[Row]) -> list[str]:
    """Settings that differ between rows; the seed is a column of its own."""
    paths = sorted({path for row in rows for path in row.settings} - {"seed"})
    return [path for path in paths if len({row.settings.get(path) for row in rows}) > 1]


def _metrics(rows: Sequence[Row]) -> list[str]:
    found = {name for row in rows for name in row.measured if name.startswith(SHOWN)}
    return sorted(found, reverse=True)


def _with_interval(row: Row, name: str) -> str:
    """`63.2 ± 4.1`, half the width of the 95% interval."""
    if (value := row.metrics.get(name)) is None:
        return "–"
    high = row.metrics.get(f"{name}.high", math.inf)
    return f"{value:.4g}" + (f" ± {high - value:.2g}" if math.isfinite(high) else "")


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return table
