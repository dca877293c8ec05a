"""What MLflow has been told of a study, in a file beside its journal, so that nothing has to be
read back from a server to know what it lacks.

Each line adds one fact. The file belongs to one address: another server has been told nothing.
It may be lost without harm: what it knew is then sent again, and MLflow keeps equal rows once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Told:
    """Of one run."""

    run_id: str | None = None
    """None while it is being made: it may exist, or not."""
    digest: str | None = None
    """Of the document it shows; None until it shows one."""


@dataclass
class Ledger:
    """What the server at one address has been told."""

    file: Path
    runs: dict[str, Told] = field(default_factory=dict)
    history: int = 0
    """Bytes of the history that it has."""

    @classmethod
    def of(cls, folder: Path, address: str) -> Ledger:
        """The ledger of `address` in `folder`. Raises `OSError`."""
        name = hashlib.sha256(address.encode()).hexdigest()[:12]
        ledger = cls(folder / f"mlflow-{name}.jsonl")
        if ledger.file.exists():
            for line in ledger.file.read_bytes().splitlines():
                ledger._take(line)
        return ledger

    def making(self, key: str) -> None:
        """The run of `key` is about to be made. If this process dies now it may exist."""
        self.runs[key] = Told()
        self._append({"key": key})

    def told(self, key: str, run_id: str, digest: str | None) -> None:
        """The run shows the document of this digest; None: it exists."""
        self.runs[key] = Told(run_id, digest)
        self._append({"key": key, "run": run_id, "digest": digest})

    def has_history(self, end: int) -> None:
        """MLflow has the history up to byte `end`."""
        self.history = end
        self._append({"history": end})

    def forget(self) -> None:
        """Take it that nothing was told."""
        self.file.unlink(missing_ok=True)
        self.runs.clear()
        self.history = 0

    def _append(self, fact: dict[str, Any]) -> None:
        # A line break first closes what a kill may have cut off; empty lines say nothing.
        with self.file.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(fact))

    def _take(self, line: bytes) -> None:
        try:
            fact = json.loads(line) if line else {}
        except ValueError:  # cut off by a kill: it is sent again
            return
        if "history" in fact:
            self.history = fact["history"]
        elif "key" in fact:
            self.runs[fact["key"]] = Told(fact.get("run"), fact.get("digest"))
