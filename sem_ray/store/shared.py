"""A store behind the stores of several machines: a folder that all of them mount.

Each machine works in a store of its own, on a disk of its own. What it finishes it publishes here,
whole or not at all, and what another has published it fetches and checks. Leases lie here too, and
checkpoints, from which another machine goes on if this one is lost.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from sem_ray.errors import BadInput, DiskFailed
from sem_ray.files import atomic_folder, require_writable, writing_to
from sem_ray.store.digests import DIGESTS, check_digests

SHARED_VARIABLE = "SEM_RAY_SHARED_STORE"
REMEDY = f"free some space there, or point {SHARED_VARIABLE} to a folder all machines can write"


@dataclass(frozen=True)
class SharedStore:
    """The folder, which must exist on every machine under this path."""

    root: Path

    @classmethod
    def named(cls) -> SharedStore | None:
        """The one that `$SEM_RAY_SHARED_STORE` names; None if it is not set.

        Raises `BadInput` if it is no folder, or cannot be written.
        """
        name = os.environ.get(SHARED_VARIABLE)
        if not name:
            return None
        if "://" in name:
            raise BadInput(f"{SHARED_VARIABLE} is {name}: mount it, and name the folder")
        root = Path(name).absolute()
        if not root.is_dir():
            raise BadInput(f"{SHARED_VARIABLE} names {root}, which is no folder here; mount it")
        require_writable(root, REMEDY)
        return cls(root)

    def folder(self, kind: str, identity: str) -> Path:
        return self.root / kind / identity

    def fetch(self, kind: str, identity: str, target: Path) -> bool:
        """Copy a published artifact to `target`, if there is one.

        Raises `Damaged` if it is not what was published, `OSError` if it cannot be copied.
        """
        source = self.folder(kind, identity)
        if not (source / DIGESTS).is_file():
            return False
        try:
            with atomic_folder(target) as aside:
                shutil.copytree(source, aside, dirs_exist_ok=True)
                check_digests(aside)
        except OSError:
            # Another process of this machine may have fetched it meanwhile.
            if not (target / DIGESTS).is_file():
                raise
        return True

    def publish(self, folder: Path, kind: str, identity: str) -> None:
        """Copy a finished artifact here, unless it is here already. Raises `DiskFailed`."""
        target = self.folder(kind, identity)
        with writing_to(self.root, REMEDY, DiskFailed):
            try:
                with atomic_folder(target) as aside:
                    shutil.copytree(folder, aside, dirs_exist_ok=True)
            except OSError:
                if not (target / DIGESTS).is_file():
                    raise
