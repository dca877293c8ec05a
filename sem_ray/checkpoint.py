"""Checkpoints of a long run, in a file and the one before it, so that a killed run goes on.

Random numbers are seeded by step, so tensors and a step say everything. A file appears whole: it
is written aside, synced and renamed, while the run goes on; a digest tells whether what is read is
what was written.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from sem_ray.errors import SemRayError, WorkFailed
from sem_ray.files import DAMAGED, Damaged, atomic_file, reason_of, sync

log = logging.getLogger(__name__)

Tensors = dict[str, Tensor]
Facts = dict[str, Any]
FACTS, DIGEST = "facts", "sha256"
EVERY = 60.0
"""Seconds between checkpoints: what a kill can cost at most, and rarer than a save is long."""
TRIES = 3
PAUSE = 1.0
"""Seconds before the second try at writing; each further one waits twice as long."""
BEFORE = ".before"
"""Ends the name of the checkpoint before the last."""


class OutOfTime(SemRayError):
    """The run was told to end by now; it is saved, and the same call goes on from there."""


class Paused(Exception):
    """The run reached the step at which it was to pause; it is saved, and goes on from there."""


@dataclass
class Checkpoint:
    """The files of one run. `until` is the moment (`time.monotonic()`) at which the run should save
    and stop, and `pause_at` the step; None lets it finish. `facts` are small things beside the
    tensors, as JSON."""

    file: Path
    until: float | None = None
    pause_at: int | None = None
    every: float = EVERY
    on_trouble: Callable[[str], None] = log.warning
    """Called with one line if a file is damaged or cannot be written."""
    _last: float = field(default_factory=time.monotonic)
    _writer: ThreadPoolExecutor | None = None
    _writing: Future[None] | None = None

    @property
    def before(self) -> Path:
        """The checkpoint before the last."""
        return self.file.with_name(self.file.name + BEFORE)

    @property
    def _damaged(self) -> Path:
        return self.file.with_name(self.file.name + DAMAGED)

    def load(self) -> tuple[Tensors, Facts] | None:
        """The last checkpoint, or the one before it if that is damaged, on the CPU; None if nothing
        was saved.

        Raises `WorkFailed` if both are damaged.
        """
        self.settle()
        found = [file for file in (self.file, self.before) if file.is_file()]
        for file in found:
            try:
                return read(file)
            except Damaged as error:
                if file != found[-1]:
                    self.on_trouble(f"{error}; going on from the one before it")
                    # Or the next save would push the whole one out with it.
                    file.replace(self._damaged)
                    continue
                raise WorkFailed(f"{error}; remove it to start this run again") from error
        return None

    def due(self) -> bool:
        """Whether it is time to save: the last one is old, and none is being written."""
        if self._writing is not None and not self._writing.done():
            return False
        return time.monotonic() - self._last >= self.every

    def over(self) -> bool:
        """Whether the run's time is over."""
        return self.until is not None and time.monotonic() >= self.until

    def save_aside(self, tensors: Tensors, facts: Facts) -> None:
        """Write while the caller goes on, who must leave the tensors alone. What cannot be written
        is tried again, then said, and the run goes on."""
        self.settle()
        self._writer = self._writer or ThreadPoolExecutor(1, "checkpoint")
        self._last = time.monotonic()
        self._writing = self._writer.submit(self._save_patiently, tensors, facts)

    def save(self, tensors: Tensors, facts: Facts) -> None:
        """Replace the file, the last one becoming the one before it. Raises `OSError` if it
        cannot be written."""
        self.settle()
        self._save(tensors, facts)
        self._last = time.monotonic()

    def remove(self) -> None:
        """For when the run is finished."""
        self.settle()
        for file in (self.file, self.before, self._damaged):
            file.unlink(missing_ok=True)

    def settle(self) -> None:
        """Wait for what is being written."""
        writer, self._writer, self._writing = self._writer, None, None
        if writer is not None:
            writer.shutdown()

    def _save_patiently(self, tensors: Tensors, facts: Facts) -> None:
        for attempt in range(TRIES):
            try:
                self._save(tensors, facts)
            except OSError as error:
                if attempt + 1 < TRIES:
                    time.sleep(PAUSE * 2**attempt)
                    continue
                self.on_trouble(
                    f"cannot write the checkpoint {self.file}: {reason_of(error)}; "
                    "the run goes on without it"
                )
            else:
                return

    def _save(self, tensors: Tensors, facts: Facts) -> None:
        with atomic_file(self.file) as aside:
            write(aside, tensors, facts)
            if self.file.exists():
                self.file.replace(self.before)


def write(file: Path, tensors: Mapping[str, Tensor], facts: Facts) -> None:
    """Tensors, facts and their digest, synced. Raises `OSError`."""
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(facts)
    try:
        save_file(whole, file, metadata={FACTS: text, DIGEST: digest(whole, text)})
    except SafetensorError as error:
        raise OSError(str(error)) from error
    sync(file)


def read(file: Path) -> tuple[Tensors, Facts]:
    """What `write` was given. Raises `Damaged`."""
    try:
        with safe_open(file, framework="pt") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            text, wanted = opened.metadata()[FACTS], opened.metadata()[DIGEST]
        if digest(tensors, text) != wanted:
            raise Damaged(f"the checkpoint {file} is damaged: its digest is another")
        return tensors, json.loads(text)
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise Damaged(f"the checkpoint {file} is damaged: it cannot be read") from error


def digest(tensors: Mapping[str, Tensor], text: str) -> str:
    """SHA-256 over names, formats, shapes and values, and `text`."""
    found = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"\0{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
