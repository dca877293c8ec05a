"""Where words go: results to stdout, all else to stderr; with `--json` one object on stdout."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

from sem_ray.files import writing_to

Result = TypeVar("Result")

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
PIPED_WIDTH = 240
"""Columns of tables that no terminal shows: a file has room."""


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
    """The result on stdout. Raises `BadInput` where it cannot be written there."""
    with writing_to("standard output", "free some space, or send it elsewhere"):
        print_json(result) if as_json else show(result)


def print_json(result: Any) -> None:
    """One JSON object on one line."""
    print(json.dumps(plain(result), ensure_ascii=False), flush=True)


def plain(value: Any) -> Any:
    """Dataclasses with their properties, models and paths as what JSON knows."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _members(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _members(value: Any) -> list[str]:
    derived = [name for name, member in vars(type(value)).items() if isinstance(member, property)]
    return [field.name for field in fields(value)] + derived


def say(text: str, style: str = "dim") -> None:
    """A line beside the result."""
    _print_line(Text(text, style=style))


def say_notice(remark: str) -> None:
    say(f"note: {remark}", style="yellow")


def say_error(text: str) -> None:
    """The one line of a bad end."""
    _print_line(Text.assemble(("error: ", "bold red"), _folded(text)))


def _folded(text: str) -> str:
    """One line without control characters: it may quote a file that means ill."""
    return " ".join(CONTROL.sub(" ", text).split())


def _print_line(text: Text) -> None:
    """One line to a program; broken between words for a person."""
    stderr.print(text, soft_wrap=not stderr.is_terminal)
