"""Where settings were written, so that a message about one names its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sem_ray.errors import BadInput

Keys = tuple[str, ...]
"""The way to a setting through mappings, by key, and lists, by number from "0"."""


class Position(NamedTuple):
    """Line and column of a text, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Origin:
    """What messages call a tree of settings, and where each of its keys stands. Any two compare
    equal: the same settings in another file are the same settings."""

    name: str = field(compare=False)
    positions: Mapping[Keys, Position] = field(default_factory=dict, compare=False, repr=False)
    """Of each key and each item of a list; of the whole text under `()`. Empty for settings that
    are no file's."""
    section: Keys = field(default=(), compare=False)
    """Where in the text the tree lies."""

    def within(self, *keys: str) -> Origin:
        """Of the part of the tree at `keys`."""
        return replace(self, section=(*self.section, *keys))

    def at(self, keys: Keys = ()) -> str:
        """`FILE:LINE:COLUMN` of the innermost of `keys` that is written; the name without any."""
        keys = (*self.section, *keys)
        while keys not in self.positions and keys:
            keys = keys[:-1]
        position = self.positions.get(keys)
        return self.name if position is None else f"{self.name}:{position.line}:{position.column}"

    def fault(self, keys: Keys, text: str) -> BadSetting:
        """The error that says `text` of the setting at `keys`, after the name of the section."""
        return BadSetting(": ".join((self.at(keys), *self._title, text)), keys, text)

    def __str__(self) -> str:
        return ": ".join((self.name, *self._title))

    @property
    def _title(self) -> tuple[str, ...]:
        return (".".join(self.section),) if self.section else ()


class BadSetting(BadInput):
    """A setting that cannot be taken; `keys` lead to it, `text` says why without the place."""

    def __init__(self, message: str, keys: Keys, text: str) -> None:
        super().__init__(message)
        self.keys, self.text = keys, text


def origin_of(place: str | Origin) -> Origin:
    """`place`, of which perhaps only the name is known."""
    return place if isinstance(place, Origin) else Origin(place)
