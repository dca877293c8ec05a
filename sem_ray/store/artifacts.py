"""Content-addressed artifacts in a folder: `kind/identity/` with the files and what made them.

An artifact appears whole or not at all, with the digests of its files. A process that computes one
holds its lease, so two trials that need the same artifact make it once, on whatever machines.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sem_ray.checkpoint import Checkpoint
from sem_ray.data.pixels.cache import PixelCache
from sem_ray.errors import BadInput, DiskFailed
from sem_ray.files import (
    DAMAGED,
    Damaged,
    atomic_folder,
    remove_abandoned,
    require_space,
    require_writable,
    writing_to,
)
from sem_ray.store.digests import DIGESTS, check_digests, write_digests
from sem_ray.store.lease import Held, Watch, is_free, leased
from sem_ray.store.owner import Owner
from sem_ray.store.shared import SharedStore

log = logging.getLogger(__name__)

STORE_VARIABLE = "SEM_RAY_STORE"
DEFAULT_STORE = "sem-ray-store"
REMEDY = f"free some space there, or point {STORE_VARIABLE} to a folder you can write"

Check = Callable[[Path], object]
"""Reads an artifact that has no digests, as earlier versions wrote them. Raises `Damaged`."""


class BeingMade(Exception):
    """Another process is making the artifact, and the store's user does not wait."""

    def __init__(self, kind: str, identity: str, owner: str) -> None:
        super().__init__(f"{kind} {identity} is being made by {owner}")
        self.kind, self.identity = kind, identity


class Store:
    """A folder of artifacts, studies and records.

    waits: whether `making` waits for another process that makes the artifact, or raises
    `BeingMade`, for one that holds devices which others could use. shared: the store behind it,
    which has artifacts of other machines too.
    """

    def __init__(
        self, root: Path, *, waits: bool = True, shared: SharedStore | None = None
    ) -> None:
        self.root, self.waits, self.shared = root, waits, shared

    @classmethod
    def open(cls, root: Path | str | None = None) -> Store:
        """The store at `root`, `$SEM_RAY_STORE` or `./sem-ray-store`, to write to.

        Its folder is made with the first thing put there, so that a command which is refused leaves
        none behind. Raises `BadInput` if it cannot be written, or if `$SEM_RAY_SHARED_STORE` names
        a store behind it that cannot.
        """
        place = cls.place(root)
        require_writable(place, REMEDY)
        return cls(place, shared=SharedStore.named())

    @classmethod
    def existing(cls, root: Path | str | None = None) -> Store:
        """The store at the same place, to read. Raises `BadInput` if there is none."""
        place = cls.place(root)
        if not place.is_dir():
            raise BadInput(
                f"no store at {place}: run `sem-ray sweep FILE` first, or name another with "
                f"--store or {STORE_VARIABLE}"
            )
        return cls(place)

    @staticmethod
    def place(root: Path | str | None = None) -> Path:
        """Where `open` looks, whatever is there."""
        return Path(root or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE).absolute()

    def without_waiting(self) -> Store:
        """The same store for a user who does not wait."""
        return Store(self.root, waits=False, shared=self.shared)

    def pixels(self, stream: bool | None = None) -> PixelCache:
        """Where decoded images go that are too many for memory, or all of them if `stream`."""
        return PixelCache(self.root / "pixels", stream)

    def require_space(self, size: int, what: str) -> None:
        """Raise `BadInput` if fewer than `size` bytes are free, before hours are spent."""
        require_space(self.root, size, what, REMEDY)

    def writable(self) -> bool:
        """Whether anything can be written to the store now."""
        try:
            require_writable(self.root, REMEDY)
        except BadInput:
            return False
        return True

    def folder(self, kind: str, identity: str) -> Path:
        return self.root / kind / identity

    def find(self, kind: str, identity: str, check: Check) -> Path | None:
        """The folder of the finished artifact, fetched from the shared store if another machine
        made it; None if it is absent or damaged.

        Raises `BadInput` if it may not be read.
        """
        folder = self.folder(kind, identity)
        if folder.is_dir():
            return folder if _damage(folder, check) is None else None
        with self._working():
            try:
                fetched = self.shared is not None and self.shared.fetch(kind, identity, folder)
            except Damaged:
                return None
        return folder if fetched else None

    def reuse(self, kind: str, identity: str, check: Check) -> Path | None:
        """The same, and a damaged artifact is renamed, which is said, so that it can be made again.
        Only for who holds the artifact's lease."""
        with self._working():
            for folder in self._places(kind, identity):
                if folder.is_dir() and (damage := _damage(folder, check)) is not None:
                    _put_aside(folder, damage)
        return self.find(kind, identity, check)

    @contextmanager
    def making(self, kind: str, identity: str) -> Iterator[None]:
        """Hold the artifact's lease; a process that waited finds the artifact finished. Raises
        `BeingMade` if another holds it and the store's user does not wait."""

        def on_wait(owner: Owner | None) -> None:
            log.info("%s %s is being made by %s: waiting", kind, identity, owner or "another")

        with ExitStack() as held:
            with self._working():
                folder = self._lease(kind, identity)
                try:
                    held.enter_context(leased(folder, waits=self.waits, on_wait=on_wait))
                except Held as holder:
                    raise BeingMade(kind, identity, str(holder)) from holder
                # No other process fills a folder while the lease is held.
                for place in self._places(kind, identity):
                    remove_abandoned(place.parent, f".{identity}")
                remove_abandoned(self._checkpoints, f".{kind}-{identity}.")
            yield

    def watch(self, kind: str, identity: str) -> Callable[[], bool]:
        """Tells, each time it is called, whether the artifact's lease is free. Looks at it from one
        call to the next, by which it finds that a holder on another machine is dead."""
        watch = Watch(self._lease(kind, identity))
        return lambda: is_free(watch)

    @contextmanager
    def resuming(self, kind: str, identity: str) -> Iterator[Checkpoint]:
        """Yield the checkpoint of the artifact's making, which is removed once the block ends well.
        Only for who holds the artifact's lease."""
        with self.pausing(kind, identity) as checkpoint:
            yield checkpoint
        with self._working():
            checkpoint.remove()

    @contextmanager
    def pausing(self, kind: str, identity: str) -> Iterator[Checkpoint]:
        """The same for a block that leaves the artifact unmade: the checkpoint stays."""
        checkpoint = Checkpoint(self._checkpoints / f"{kind}-{identity}.safetensors")
        with self._working():
            try:
                yield checkpoint
            finally:
                checkpoint.settle()

    @contextmanager
    def writing(self, kind: str, identity: str) -> Iterator[Path]:
        """Yield a folder to fill; it becomes the artifact, with the digests of its files, if the
        block ends well, and vanishes if not. If another has finished it meanwhile, as happens to
        one who was suspended and lost the lease, its artifact stays. Only for who holds the
        artifact's lease and did not find it."""
        target = self.folder(kind, identity)
        with self._working():
            try:
                with atomic_folder(target) as aside:
                    yield aside
                    write_digests(aside)
            except OSError:
                if not (target / DIGESTS).is_file():
                    raise
        if self.shared is not None:
            self.shared.publish(target, kind, identity)

    def _places(self, kind: str, identity: str) -> list[Path]:
        """Where the artifact may lie: here, and in the shared store."""
        stores = (self, self.shared) if self.shared is not None else (self,)
        return [store.folder(kind, identity) for store in stores]

    @property
    def _common(self) -> Path:
        """The folder that all who may make an artifact see."""
        return self.shared.root if self.shared is not None else self.root

    def _lease(self, kind: str, identity: str) -> Path:
        return self._common / "leases" / f"{kind}-{identity}"

    @property
    def _checkpoints(self) -> Path:
        return self._common / "checkpoints"

    def _working(self) -> AbstractContextManager[None]:
        return writing_to(self.root, REMEDY, DiskFailed)


@dataclass(frozen=True)
class StorePlace:
    """Where a store is, as a process hands it to others, on this machine or elsewhere.

    own: the store that `$SEM_RAY_STORE` names in the process that hands it over.
    """

    root: Path
    shared: SharedStore | None = None
    own: str | None = None

    @classmethod
    def of(cls, store: Store) -> StorePlace:
        return cls(store.root, store.shared, os.environ.get(STORE_VARIABLE))

    def open(self, *, waits: bool) -> Store:
        """The store here: the same folder, unless this machine was started with a `SEM_RAY_STORE`
        of its own, and there is a shared store through which artifacts come and go."""
        own = os.environ.get(STORE_VARIABLE)
        elsewhere = self.shared is not None and own and own != self.own
        root = Path(own).absolute() if own and elsewhere else self.root
        return Store(root, waits=waits, shared=self.shared)


def _put_aside(folder: Path, damage: str) -> None:
    """Rename a damaged artifact, which is said. Raises `OSError`."""
    aside = folder.with_name(folder.name + DAMAGED)
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    log.warning("%s; it is put aside as %s and made again", damage, aside.name)


def _damage(folder: Path, check: Check) -> str | None:
    """What is wrong with an artifact's files, in one line."""
    try:
        if not check_digests(folder):
            check(folder)
    except Damaged as damage:
        return str(damage)
    return None
