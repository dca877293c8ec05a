"""Searched settings on little room: names no longer than tells them apart, numbers to three
digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


def short(value: Any) -> str:
    """A searched value, numbers to three digits."""
    return "–" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def settings(values: Mapping[str, Any]) -> str:
    """`noise.radius 24, noise.steps 3`."""
    return ", ".join(f"{path} {short(value)}" for path, value in values.items())


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Path → the shortest of its endings that no other path has: `noise.steps` is `steps`, but
    beside `victim.steps` it stays whole."""
    paths = tuple(dict.fromkeys(paths))
    shared = Counter(ending for path in paths for ending in _endings(path))
    return {
        path: next((ending for ending in _endings(path) if shared[ending] == 1), path)
        for path in paths
    }


def _endings(path: str) -> list[str]:
    """From the shortest to the whole."""
    keys = path.split(".")
    return [".".join(keys[start:]) for start in range(len(keys) - 1, -1, -1)]


def short_settings(values: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """`radius 24  steps 3`, with the names that `short_names` gives."""
    return "  ".join(f"{names.get(path, path)} {short(value)}" for path, value in values.items())
