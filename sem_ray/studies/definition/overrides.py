"""A study file with some things said otherwise, as on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sem_ray.errors import BadInput
from sem_ray.spec.reading import Tree, merged, overrides

CHANGED = ("search", "derived")


@dataclass(frozen=True)
class StudyOverrides:
    """What is said otherwise than the file says it. It is part of the study: the same study goes on
    only with the same overrides, and another scale of it needs another name.

    settings: `path=value` each, for all configurations; a setting that the file searches or derives
    is that value instead. budget: limits in place of the file's.
    """

    name: str | None = None
    preset: str | None = None
    settings: tuple[str, ...] = ()
    budget: Mapping[str, float] | None = None

    def of(self, tree: Tree) -> Tree:
        """The study file `tree` with these overrides. Raises `BadInput`."""
        changed = dict(tree)
        for key in ("name", "preset"):
            if (value := getattr(self, key)) is not None:
                changed[key] = value
        if self.budget:
            changed["budget"] = {**_mapping(tree.get("budget")), **self.budget}
        return self._with_settings(changed) if self.settings else changed

    def _with_settings(self, tree: Tree) -> Tree:
        fixed = {assignment.partition("=")[0].strip() for assignment in self.settings}
        changed = {**tree, "base": merged(_mapping(tree.get("base")), overrides(self.settings))}
        for key in CHANGED:
            rest = {k: v for k, v in _mapping(tree.get(key)).items() if k not in fixed}
            if key in tree:
                changed[key] = rest
        if tree.get("search") and not changed["search"]:
            raise BadInput(f"--set {', '.join(sorted(fixed))}: leaves nothing to search; drop one")
        return changed


def _mapping(tree: Any) -> Mapping[str, Any]:
    """What the file has there; what is no mapping is refused when the file is checked."""
    return tree if isinstance(tree, Mapping) else {}
