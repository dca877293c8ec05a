"""YAML of strangers: no objects, a bounded size and depth, each key once, text that UTF-8 holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.error import MarkedYAMLError
from yaml.events import AliasEvent
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from sem_ray.errors import BadInput
from sem_ray.spec.base import UNWRITABLE
from sem_ray.spec.origin import Keys, Origin, Position

MOST_CHARACTERS = 1_000_000
"""A settings file has a few thousand."""
MOST_VALUES = 10_000
"""Keys and values of a document, with those that aliases repeat; a settings file has hundreds."""
DEEPEST = 30
"""Levels of nesting; settings have four."""


FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+")
"""Numbers that YAML 1.2 (section 10.3.2) reads and YAML 1.1 takes for text, as 1e-3."""


@dataclass(frozen=True)
class Document:
    """The value of a YAML file, and where its keys stand."""

    value: Any
    origin: Origin


def parse(text: str, place: str) -> Any:
    """The value in one YAML document. Raises `BadInput` that names `place` if `text` is not YAML,
    names a Python object, is larger than settings ever are, or gives a key twice."""
    return _read(text, place).value


def parse_file(text: str, file: str) -> Document:
    """The same of a file's text, whose lines messages name as FILE:LINE:COLUMN."""
    return _read(text, file, is_file=True)


def _read(text: str, place: str, *, is_file: bool = False) -> Document:
    if len(text) > MOST_CHARACTERS:
        raise BadInput(
            f"{place} is longer than {MOST_CHARACTERS:,} characters, more than any settings need"
        )
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        value = None if node is None else loader.construct_document(node)
    except _Refused as error:
        raise BadInput(_in_words(error, place, ": ", is_file)) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # A number or a date that Python cannot hold is a ValueError or an OverflowError.
        raise BadInput(_in_words(error, place, " is not YAML: ", is_file)) from error
    return Document(value, Origin(place, dict(_positions(node)) if node is not None else {}))


def _positions(node: Node, keys: Keys = ()) -> Iterator[tuple[Keys, Position]]:
    """Of a constructed node, in whose mappings what `<<` names stands already: its own place, and
    each key's and item's inside. An alias is where the value it names is written."""
    if not keys:
        yield keys, _position(node)
    pairs = node.value if isinstance(node, MappingNode) else ()
    items = node.value if isinstance(node, SequenceNode) else ()
    inside = [(str(key.value), key, child) for key, child in pairs]
    inside += [(str(number), child, child) for number, child in enumerate(items)]
    for name, at, child in inside:
        yield (*keys, name), _position(at)
        yield from _positions(child, (*keys, name))


def _position(node: Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


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


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+.0123456789"))


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, CollectionNode) else []


def _refused(problem: str, at: Any) -> _Refused:
    """An error at the place of a node or an event."""
    return _Refused(None, None, problem, at.start_mark)


def _in_words(error: Exception, place: str, says: str, is_file: bool) -> str:
    """One line, with the place in the text if it is known."""
    mark = getattr(error, "problem_mark", None)
    if not isinstance(error, MarkedYAMLError) or mark is None:
        return f"{place}{says}{' '.join(str(error).split())}"
    problem = ", ".join(part for part in (error.context, error.problem) if part)
    line, column = mark.line + 1, mark.column + 1
    if is_file:
        return f"{place}:{line}:{column}{says}{problem}"
    return f"{place}{says}{problem} (line {line}, column {column})"
