"""Rows of text in columns of one width each."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.cells import cell_len
from rich.text import Text

GAP = "  "
GLUE = "\N{NO-BREAK SPACE}"


def aligned(rows: Sequence[Sequence[str]], words: Sequence[int] = ()) -> list[str]:
    """Each row on one line; numbers stand to the right, the columns numbered `words` to the
    left."""
    columns = range(max(map(len, rows), default=0))
    widths = [max(cell_len(row[column]) for row in rows) for column in columns]
    return [
        GAP.join(_padded(cell, widths[n], n in words) for n, cell in enumerate(row)) for row in rows
    ]


def wrapped(text: str, width: int, indent: str, most: int | None = None) -> list[str]:
    """On as many lines as it takes, broken where two spaces are; of at most `most` lines the last
    one runs over."""
    glued = text.replace("  ", "\n").replace(" ", GLUE).replace("\n", "  ")
    room = max(width - len(indent), 20)
    found = wrap(glued, room, break_on_hyphens=False, break_long_words=False)
    if most is not None and len(found) > most:
        found = [*found[: most - 1], "  ".join(found[most - 1 :])]
    return [f"{indent}{line.replace(GLUE, ' ')}" for line in found]


def cut(text: str, width: int, style: str = "") -> Text:
    """On one line of at most `width` columns."""
    line = Text(text.rstrip(), style=style, no_wrap=True, overflow="ellipsis")
    line.truncate(width, overflow="ellipsis")
    return line


def _padded(cell: str, width: int, left: bool) -> str:
    spaces = " " * (width - cell_len(cell))
    return f"{cell}{spaces}" if left else f"{spaces}{cell}"
