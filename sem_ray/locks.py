"""Locks between processes, which the system frees if their holder is killed."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)


class Locked(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(
    file: Path, *, patience: float | None = None, waiting: str | None = None
) -> Iterator[None]:
    """Hold the lock `file`, made if missing, while the block runs.

    patience: seconds to wait, without end if None. waiting: a line to log before a wait without
    end. Raises `Locked` if it is still held after that, `OSError` if the disk has no place for it.
    """
    # Late, because plain PyTorch makes noise without it.
    from filelock import FileLock, Timeout

    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0 if waiting else -1 if patience is None else patience)
    except Timeout as error:
        if waiting is None:
            raise Locked(f"another process holds {file}") from error
        log.warning(waiting)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def is_locked(file: Path) -> bool:
    """Whether another process holds the lock `file`. Nothing is written. Raises `OSError`."""
    try:
        with _opened(file) as handle:
            # Shared, because a network disk gives exclusive locks on files open for writing alone.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Keep others from being `alone` with the folder; any number may share it. It leaves no lock
    file behind, and does nothing on a disk without locks."""
    with _opened(folder) as handle:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Yield whether no other process shares the folder, and keep it so while the block runs."""
    with _opened(folder) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except OSError:
            free = False
        yield free


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A file or folder that may only be read; closing it frees its lock."""
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
