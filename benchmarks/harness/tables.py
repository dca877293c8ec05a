"""Rows of figures as a table on stdout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Columns = Mapping[str, tuple[str, str, float]]
"""Figure → heading, format, and what it is multiplied by."""


def show(title: str, rows: Sequence[Mapping[str, Any]], columns: Columns) -> None:
    """The `columns` that rows have."""
    from rich.console import Console  # not there on every GPU machine, which asks for JSON
    from rich.table import Table

    shown = {name: column for name, column in columns.items() if name in rows[0]}
    table = Table(title=title)
    for heading, _, _ in shown.values():
        table.add_column(heading, justify="right")
    for row in rows:
        cells = [
            form.format(row[name] * scale) if row[name] is not None else ""
            for name, (_, form, scale) in shown.items()
        ]
        table.add_row(*cells)
    Console(width=130).print(table)
