"""Leases: who makes an artifact, told by files, for machines that share a folder but no locks.

A lease is a folder with a numbered file for each *term*; the highest number holds. A term begins
with the exclusive creation of the next number, which one of all that try it succeeds in, and ends
with the word `released` in its file. The last file is never removed: were it, a process that judged
it a moment ago and one that finds the folder empty would begin two different terms. Earlier ones
are, so who began a term looks whether a later one is there.

The holder adds to a counter in its file, a *beat*, every few seconds. Who waits watches whether the
counter changes, by its own clock, so machines whose clocks differ agree; only if nothing changed
for `EXPIRY` does the next term begin. On the holder's own machine it is enough that its process is
gone.

A holder that was suspended for so long finds a higher number at its next beat and has lost the
lease. Both may then make the artifact. That costs time and no harm: an artifact is named by all
that its content depends on, and it appears by one rename, which the second finds done.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sem_ray.files import reason_of
from sem_ray.store.owner import Owner

log = logging.getLogger(__name__)

BEAT = 3.0
"""Seconds between beats."""
EXPIRY = 30.0
"""Seconds without a beat after which another machine takes over: ten missed ones. A network disk
shows a change within a few seconds."""
LOOK = 0.25
"""Seconds between two looks of who waits."""
RELEASED = "released"
WIDTH = 20
"""Characters of the first line, so that a beat is written in place and changes no other byte."""

Clock = Callable[[], float]


class Held(Exception):
    """Somebody else holds the lease. The text says who."""


@dataclass(frozen=True)
class Term:
    """One file of a lease, as it was read."""

    number: int
    content: bytes

    @property
    def released(self) -> bool:
        return self._lines[0].strip() == RELEASED

    @property
    def owner(self) -> Owner | None:
        return Owner.read(self._lines[1])

    @property
    def _lines(self) -> tuple[str, str]:
        first, _, second = self.content.decode("utf-8", "replace").partition("\n")
        return first, second


@dataclass
class Watch:
    """What one process has seen of a lease, by its own clock."""

    folder: Path
    clock: Clock = time.monotonic
    _seen: Term | None = None
    _since: float = field(default=0.0)

    def next_term(self) -> int | None:
        """The number of the term that may begin now; None while somebody who is not known to be
        dead has one. Raises `OSError`."""
        term = latest(self.folder)
        if term is None or term.released:
            return 1 if term is None else term.number + 1
        if term != self._seen:
            self._seen, self._since = term, self.clock()
        dead = self.owner is not None and self.owner.is_gone
        return term.number + 1 if dead or self.clock() - self._since >= EXPIRY else None

    @property
    def owner(self) -> Owner | None:
        """Who had the lease when it was last looked at and held; None if it is not known."""
        return self._seen.owner if self._seen else None


def latest(folder: Path) -> Term | None:
    """The term with the highest number. Raises `OSError`."""
    while True:
        numbers = _numbers(folder)
        if not numbers:
            return None
        with suppress(FileNotFoundError):  # a later term has removed it
            return Term(numbers[-1], _file(folder, numbers[-1]).read_bytes())


class Lease:
    """A term of this process, kept alive by a thread until `release`."""

    def __init__(self, folder: Path, number: int, owner: Owner) -> None:
        self.folder, self.number, self.owner = folder, number, owner
        self.lost = False
        """Whether another has begun the next term."""
        self._beats = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    @classmethod
    def begin(cls, folder: Path, number: int) -> Lease | None:
        """Begin term `number`; None if somebody else has. Raises `OSError`."""
        owner = Owner.this()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(_file(folder, number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return None
        with os.fdopen(handle, "wb") as file:
            file.write(f"{_padded('0')}\n{owner.model_dump_json()}\n".encode())
        *earlier, last = _numbers(folder)
        if last != number:
            # Judged so long ago that the file of this very term is gone already.
            _file(folder, number).unlink(missing_ok=True)
            return None
        for one in earlier:
            _file(folder, one).unlink(missing_ok=True)
        return cls(folder, number, owner)

    def release(self) -> None:
        """End the term."""
        self._ended.set()
        self._thread.join()
        try:
            self._write(RELEASED)
        except OSError as error:
            # It is free once this process has ended, and elsewhere `EXPIRY` seconds from now.
            log.warning("cannot release the lease %s: %s", self.folder, reason_of(error))

    def beat(self) -> None:
        """Show that the holder lives, or learn that it lost the lease. Raises `OSError`."""
        self._beats += 1
        if _numbers(self.folder)[-1:] != [self.number]:
            self.lost = True
        else:
            self._write(str(self._beats))

    def _keep(self) -> None:
        while not self.lost and not self._ended.wait(BEAT):
            try:
                self.beat()
            except OSError as error:
                # Others may take over if it lasts, which costs time and no harm.
                log.warning("cannot renew the lease %s: %s", self.folder, reason_of(error))

    def _write(self, word: str) -> None:
        with suppress(FileNotFoundError):  # the next term has removed it
            handle = os.open(_file(self.folder, self.number), os.O_WRONLY)
            try:
                os.pwrite(handle, _padded(word).encode(), 0)
            finally:
                os.close(handle)


@contextmanager
def leased(
    folder: Path, *, waits: bool = True, on_wait: Callable[[Owner | None], object] = lambda _: None
) -> Iterator[Lease]:
    """Hold the lease `folder`, made if missing, while the block runs.

    `on_wait` is called once before a wait. Raises `Held` in place of waiting unless `waits`, and
    `OSError` if the disk has no place for it.
    """
    lease = _acquired(Watch(folder), waits, on_wait)
    try:
        yield lease
    finally:
        lease.release()


def _acquired(watch: Watch, waits: bool, on_wait: Callable[[Owner | None], object]) -> Lease:
    told = False
    while True:
        # The next after what was judged: whatever came since has a number that is as high.
        if (number := watch.next_term()) is not None:
            if (lease := Lease.begin(watch.folder, number)) is not None:
                return lease
            continue
        if not waits:
            raise Held(str(watch.owner or "another process"))
        if not told:
            on_wait(watch.owner)
            told = True
        time.sleep(LOOK)


def is_free(watch: Watch) -> bool:
    """Whether the lease may be had now. The term of a holder that is taken to be dead is ended, so
    that one who does not wait finds it free as well. Raises `OSError`."""
    if (number := watch.next_term()) is None:
        return False
    term = latest(watch.folder)
    if term is not None and not term.released:
        if (lease := Lease.begin(watch.folder, number)) is None:
            return False
        lease.release()
    return True


def _numbers(folder: Path) -> list[int]:
    """The numbers of the terms that have a file, ascending."""
    try:
        return sorted(int(file.name) for file in folder.iterdir() if file.name.isdigit())
    except FileNotFoundError:
        return []


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:06}"


def _padded(word: str) -> str:
    return word.ljust(WIDTH)
