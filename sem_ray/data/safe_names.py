"""File and folder names from ids and classes, which are strangers' and may hold anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

UNSAFE = re.compile(r"[^\w.\- ]")
LONGEST = 150
"""Bytes; file systems take 255, and a number and a suffix are still to come."""


class Names:
    """Hands out names of which no two are equal, upper and lower case taken as one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, name: str) -> str:
        """`name`, or where it was given out already `name-2`, `name-3`, …"""
        found, number = name, 1
        while found.casefold() in self._taken:
            number += 1
            found = f"{name}-{number}"
        self._taken.add(found.casefold())
        return found


def safe(text: str) -> str:
    """`text` as part of one file name on any system: never empty, hidden or a way upwards."""
    plain = UNSAFE.sub("_", text).strip(" .")
    return plain.encode()[:LONGEST].decode(errors="ignore").strip(" .") or "_"


def stem(name: str) -> str:
    """The safe file name of an id that is a path, without its folders and its suffix."""
    return safe(PurePosixPath(name.replace("\\", "/")).stem)


def class_folders(classes: Sequence[str]) -> tuple[str, ...]:
    """A folder a class. Readers of such folders number the classes by their sorted names, so
    names that sort otherwise are given the label in front."""
    plain = [safe(name) for name in classes]
    if len({name.casefold() for name in plain}) == len(plain) and sorted(plain) == plain:
        return tuple(plain)
    digits = len(str(len(plain) - 1))
    return tuple(f"{label:0{digits}}-{name}" for label, name in enumerate(plain))
