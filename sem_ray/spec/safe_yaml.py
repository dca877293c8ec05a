"""YAML of strangers: no objects, a bounded size and depth, each key once, text that UTF-8 holds."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.error import MarkedYAMLError
from yaml.events import AliasEvent
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from sem_ray.errors import BadInput
from sem_ray.spec.base import UNWRITABLE

MOST_CHARACTERS = 1_000_000
"""A settings file has a few thousand."""
MOST_VALUES = 10_000
"""Keys and values of a document, with those that aliases repeat; a settings file has hundreds."""
DEEPEST = 30
"""Levels of nesting; settings have four."""


def parse(text: str, place: str) -> Any:
    """The value in one YAML document. Raises `BadInput` that names `place` if `text` is not YAML,
    names a Python object, is larger than settings ever are, or gives a key twice."""
    if len(text) > MOST_CHARACTERS:
        raise BadInput(
            f"{place} is longer than {MOST_CHARACTERS:,} characters, more than any settings need"
        )
    try:
        return yaml.load(text, _Loader)  # noqa: S506  a SafeLoader with limits
    except _Refused as error:
        raise BadInput(f"{place}: {_in_words(error)}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # A number or a date that Python cannot hold is a ValueError or an OverflowError.
        raise BadInput(f"{place} is not YAML: {_in_words(error)}") from error


class _Refused(ComposerError):
    """YAML as it should be, of what no settings hold."""


class _Loader(yaml.SafeLoader):
    """`yaml.SafeLoader` that refuses while it reads, before anything is built from the nodes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._sizes: dict[int, int] = {}
        """By the id of a complete node: its values, with those of its aliases."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        self._depth += 1
        if self._depth > DEEPEST:
            raise _refused(f"it nests more than {DEEPEST} levels deep", event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, AliasEvent) and id(node) not in self._sizes:
            raise _refused(f"*{event.anchor} stands inside the value it names", event)
        self._measure(node, event)
        return node

    def _measure(self, node: Any, event: Any) -> None:
        if id(node) not in self._sizes:
            self._sizes[id(node)] = 1 + sum(self._sizes[id(child)] for child in _children(node))
        total = self._sizes[id(node)]
        if max(total, len(self._sizes)) > MOST_VALUES:
            raise _refused(
                f"it holds more than {MOST_VALUES:,} values, more than any settings need", event
            )

    def compose_scalar_node(self, anchor: Any) -> Any:
        node = super().compose_scalar_node(anchor)
        if found := UNWRITABLE.search(node.value):
            raise _refused(f"the text holds U+{ord(found[0]):04X}, which no file can hold", node)
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            name = (key.tag, key.value if isinstance(key, ScalarNode) else id(key))
            if name in seen:
                raise _refused(f"the key {key.value!r} is there twice; keep one", key)
            seen.add(name)
        return node


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, CollectionNode) else []


def _refused(problem: str, at: Any) -> _Refused:
    """An error at the place of a node or an event."""
    return _Refused(None, None, problem, at.start_mark)


def _in_words(error: Exception) -> str:
    """One line, with the place in the text if it is known."""
    mark = getattr(error, "problem_mark", None)
    if not isinstance(error, MarkedYAMLError) or mark is None:
        return " ".join(str(error).split())
    problem = ", ".join(part for part in (error.context, error.problem) if part)
    return f"{problem} (line {mark.line + 1}, column {mark.column + 1})"
