"""Where a long run stands, in one file, so that a killed one goes on.

Random numbers are seeded by step, so tensors and a step say everything. A file replaces its
forerunner whole: it is written aside, synced and renamed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from sem_ray.errors import SemRayError, WorkFailed

Tensors = dict[str, Tensor]
FACTS = "facts"
EVERY = 60.0
"""Seconds between checkpoints: what a kill can cost at most, and rarer than a save is long."""


class OutOfTime(SemRayError):
    """The run was told to end by now; it is saved, and the same call goes on from there."""


@dataclass
class Checkpoint:
    """The file of one run. `until` is the moment (`time.monotonic()`) at which the run should save
    and stop; None lets it finish. `facts` are small things beside the tensors, as JSON."""

    file: Path
    until: float | None = None
    every: float = EVERY
    _last: float = field(default_factory=time.monotonic)

    def load(self) -> tuple[Tensors, dict[str, Any]] | None:
        """What was saved last, on the CPU; None where nothing was.

        Raises `WorkFailed` where the file is not whole, which is to say damaged afterwards.
        """
        if not self.file.is_file():
            return None
        try:
            with safe_open(self.file, framework="pt") as opened:
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
                return tensors, json.loads(opened.metadata()[FACTS])
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise WorkFailed(
                f"the checkpoint {self.file} is damaged; remove it to start this run again"
            ) from error

    def after_step(self, state: Callable[[], tuple[Tensors, dict[str, Any]]]) -> None:
        """Save where it is time to. Raises `OutOfTime` once the run's time is over."""
        now = time.monotonic()
        over = self.until is not None and now >= self.until
        if over or now - self._last >= self.every:
            self.save(*state())
        if over:
            raise OutOfTime("out of time: saved, and the same call goes on from here")

    def save(self, tensors: Tensors, facts: dict[str, Any]) -> None:
        """Replace the file. Raises `OSError` where it cannot be written."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        aside = self.file.with_name(f".{self.file.name}-{os.getpid()}")
        try:
            whole = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
            save_file(whole, aside, metadata={FACTS: json.dumps(facts)})
            with aside.open("rb") as written:
                os.fsync(written.fileno())
            aside.replace(self.file)
        except SafetensorError as error:
            raise OSError(f"{self.file}: {error}") from error
        finally:
            aside.unlink(missing_ok=True)
        self._last = time.monotonic()

    def remove(self) -> None:
        """For when the run is finished."""
        self.file.unlink(missing_ok=True)
