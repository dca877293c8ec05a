"""An ablation as a person sees it: a table a measurement that 80 columns hold."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table

from sem_ray import api
from sem_ray.cli.console.output import say, stdout
from sem_ray.exhibits.ablation.rows import EffectRow, rows
from sem_ray.exhibits.ablation.tables import caption, decimals, interval, p_text, plain, signed
from sem_ray.studies.ablation.answer import Ablation

Form = Literal["table", "markdown", "latex", "csv"]

BY_SUFFIX: dict[str, Form] = {".md": "markdown", ".tex": "latex", ".csv": "csv"}
STYLES = {"better": "green", "worse": "red", "not run": "dim"}
LONGEST_CHANGE = 26
"""Characters; of a longer one the values go to a line of their own."""
PLAIN_WIDTH = 80
"""Columns of a table in a text file."""
MEANING = (
    "effect: with the change minus without it, mean over paired seeds, and its 95% t\n"
    "interval; g: Hedges' effect size; p: paired t test, corrected by Holm for all\n"
    "lines; P: how often a run with the change is the better one; n: seeds"
)


def form_of(asked: Form | None, out: Path | None) -> Form:
    """The form that was asked for, else that of the file's name, else a table."""
    suffix = out.suffix.lower() if out is not None else ""
    return asked or BY_SUFFIX.get(suffix, "table")


def show_ablation(ablation: Ablation, form: Form) -> None:
    """The answer on stdout; what limits it beside it, if the form has no place for that."""
    if form != "table":
        print(api.ablation_table(ablation, form))
        return
    _print_tables(ablation, stdout)
    for note in ablation.notes:
        say(f"note: {note}", style="yellow")


def ablation_text(ablation: Ablation, form: Form) -> str:
    """The answer as a file holds it."""
    if form != "table":
        return api.ablation_table(ablation, form)
    text = io.StringIO()
    _print_tables(ablation, Console(file=text, width=PLAIN_WIDTH, highlight=False, markup=False))
    notes = [f"note: {note}" for note in ablation.notes]
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join([*lines, *notes])


def _print_tables(ablation: Ablation, console: Console) -> None:
    found = rows(ablation)
    for metric in ablation.metrics:
        console.print(caption(ablation, metric.metric), soft_wrap=False)
        console.print(effect_table([row for row in found if row.metric == metric.metric]))
    console.print(MEANING, style="dim")


def effect_table(found: list[EffectRow]) -> Table:
    """A line an effect, without frames."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("change", overflow="fold")
    for name in ("effect", "95% interval", "g", "p", "P", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", max_width=10)
    digits = decimals(found)
    for row in found:
        table.add_row(
            change_lines(row.change),
            signed(row.effect, digits),
            interval(row.t_low, row.t_high, digits),
            signed(row.hedges_g, 2),
            p_text(row.p_holm),
            plain(row.probability_of_improvement),
            str(row.seeds),
            row.verdict,
            style=STYLES.get(row.verdict),
        )
    return table


def change_lines(change: str) -> str:
    """A change over lines that a narrow column holds: the setting, then its two values."""
    return "\n× ".join(_broken(part) for part in change.split(" × "))


def _broken(part: str) -> str:
    path, _, values = part.partition(" ")
    return part if len(part) <= LONGEST_CHANGE else f"{path}\n  {values}"
