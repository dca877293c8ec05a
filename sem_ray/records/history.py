"""The curves of a study's runs, in a file of the store: what MLflow was not told yet is told later.

A line holds the rows of one run, as JSON: `{"key": "quick/3", "rows": [[name, value, step, ms]]}`.
One process at a time appends. A line that a kill cut off is closed by the next one who appends, and
no reader takes it for rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sem_ray.records.points import MetricRow

FILE = "history.jsonl"


class History:
    """The file in `folder`. Methods raise `OSError`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def append(self, key: str, rows: Iterable[MetricRow]) -> None:
        """Add rows of the run `key`."""
        line = json.dumps({"key": key, "rows": [list(row) for row in rows]}) + "\n"
        with self._file.open("ab") as file:
            file.write((b"" if self._whole() else b"\n") + line.encode())

    def read(self, start: int = 0) -> Iterator[tuple[int, str, list[MetricRow]]]:
        """From byte `start` on: where each line ends, its run and its rows. A line that is being
        written is left for the next time."""
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                start += len(line)
                if (found := _parsed(line)) is not None:
                    yield start, *found

    def _whole(self) -> bool:
        if not self._file.exists() or self._file.stat().st_size == 0:
            return True
        with self._file.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _parsed(line: bytes) -> tuple[str, list[MetricRow]] | None:
    """None of a line that was cut off."""
    try:
        content = json.loads(line)
        return content["key"], [MetricRow(*row) for row in content["rows"]]
    except (ValueError, KeyError, TypeError):
        return None
