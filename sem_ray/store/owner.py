"""A process as others can tell it: which machine, which number, and whether it is gone."""

from __future__ import annotations

import os
import platform
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

_PROCESSES = Path("/proc")
_GONE = ("Z", "X")
"""States of a process that has ended and that its parent has not noticed yet."""


class Owner(BaseModel):
    """Who holds a lease. `place` names a boot of a machine and its table of processes, as two
    containers on one machine have one each; it is empty if the system does not tell."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    host: str
    place: str
    pid: int
    started: str
    """The process's start, in the system's ticks: a number may be given out again."""
    token: str
    """Drawn for each lease, so that a process tells its own leases apart."""

    @classmethod
    def this(cls) -> Owner:
        """This process, with a new token."""
        pid = os.getpid()
        return cls(
            host=platform.node(),
            place=_place(),
            pid=pid,
            started=_started(pid) or "",
            token=secrets.token_hex(8),
        )

    @classmethod
    def read(cls, text: str) -> Owner | None:
        """The owner that a lease names; None if it is not written yet, or by another version."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return None

    @property
    def is_gone(self) -> bool:
        """Whether it has surely ended. A process of another machine cannot be asked."""
        if not self.place or self.place != _place():
            return False
        return _started(self.pid) != self.started

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def _place() -> str:
    """The machine's boot and the namespace of its process numbers."""
    try:
        boot = (_PROCESSES / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {(_PROCESSES / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When the process began; None if it has ended."""
    try:
        text = (_PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # proc(5): the name, in brackets, may hold anything; then state (3rd) and starttime (22nd).
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in _GONE else fields[19]
