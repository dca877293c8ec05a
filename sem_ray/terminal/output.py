"""Where words go: results to stdout, all else to stderr; with `--json` one object on stdout."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

stdout = Console(highlight=False, soft_wrap=True)
stderr = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(result: Any) -> None:
    """One JSON object on one line."""
    print(json.dumps(plain(result), ensure_ascii=False), flush=True)


def plain(value: Any) -> Any:
    """Dataclasses, models and paths as what JSON knows."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def say(text: str, style: str = "dim") -> None:
    """A line beside the result."""
    stderr.print(Text(text, style=style))


def say_remarks(remarks: Iterable[str]) -> None:
    for remark in remarks:
        say(f"note: {remark}", style="yellow")


def say_error(text: str) -> None:
    """The one line of a bad end."""
    stderr.print(Text.assemble(("error: ", "bold red"), " ".join(text.split())))
