"""Where words go: results to stdout, all else to stderr; with `--json` one object on stdout."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

from sem_ray.errors import UNPRINTABLE, BadInput
from sem_ray.files import atomic_file, writing_to

Result = TypeVar("Result")

NAME = "sem-ray"
LONGEST_ERROR = 2000
"""Characters; a message may quote a value of a settings file."""
PIPED_WIDTH = 240
"""Columns of tables written to a file or pipe, whose width is unknown."""


def _console(*, stderr: bool) -> Console:
    """Names and paths are a user's, so nothing in them is markup."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        width=None if stream.isatty() else PIPED_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )


stdout = _console(stderr=False)
stderr = _console(stderr=True)


def give(result: Result, show: Callable[[Result], None], *, as_json: bool) -> None:
    """The result on stdout. Raises `BadInput` if it cannot be written there."""
    with writing_to("standard output", "free some space, or send it elsewhere"):
        print_json(result) if as_json else show(result)


def write_out(file: Path, text: str) -> None:
    """A result as a text file, whole or not at all. Raises `BadInput` if it cannot be written."""
    target = file.absolute()
    if target.exists() and not target.is_file():
        raise BadInput(f"cannot write to {target}: it is no file; name another with --out")
    with writing_to(target, "name another file with --out"), atomic_file(target) as aside:
        aside.write_text(text + "\n", encoding="utf-8")
    say(f"written to {file}")


def print_json(result: Any) -> None:
    """One JSON object on one line."""
    print(json.dumps(plain(result), ensure_ascii=False), flush=True)


def plain(value: Any) -> Any:
    """Dataclasses with their properties, models, paths and moments as what JSON knows, which is no
    infinity: an interval without an end has null there."""
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json"))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _members(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path | datetime) else value


def _members(value: Any) -> list[str]:
    members = vars(type(value)).items()
    derived = [name for name, found in members if isinstance(found, property | cached_property)]
    return [field.name for field in fields(value)] + derived


def program() -> str:
    """How a shell finds this program again: by name if it is on the path, else as it was called."""
    called = Path(sys.argv[0])
    if shutil.which(NAME):
        return NAME
    return str(called) if called.name == NAME else "python -m sem_ray"


def say(text: str, style: str = "dim") -> None:
    """A line beside the result."""
    _print_line(Text(printable(text), style=style))


def say_notice(notice: str) -> None:
    """What may surprise, said before the work it is about begins."""
    say(f"note: {notice}", style="yellow")


def say_error(text: str) -> None:
    """The one line of a bad end."""
    _print_line(Text.assemble(("error: ", "bold red"), _folded(text)))


def _folded(text: str) -> str:
    """One line of bounded length without control characters: it may quote a hostile file. A long
    one loses its middle, because the place comes first and the remedy last."""
    line = printable(" ".join(text.split()))
    if len(line) <= LONGEST_ERROR:
        return line
    return f"{line[: LONGEST_ERROR // 2]} … {line[-LONGEST_ERROR // 2 :]}"


def printable(text: str) -> str:
    """`text` with what must not reach a terminal written as Python writes it: names and ids are
    strangers', and may begin escape codes or turn the line around."""
    return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def _print_line(text: Text) -> None:
    """One line to a program; broken between words for a person."""
    stderr.print(text, soft_wrap=not stderr.is_terminal)
