"""Arithmetic over settings, as `noise.radius / 4`: parsed, never executed as Python."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

LONGEST = 200
"""Characters of an expression."""
EXAMPLE = "write numbers, settings, + - * / //, min, max and round, as noise.radius / 4"

Value = int | float
Lookup = Callable[[str], Value]

BINARY: dict[type[ast.operator], Callable[[Any, Any], Value]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Value]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
FUNCTIONS: dict[str, Callable[..., Value]] = {"min": min, "max": max, "round": round}
ARGUMENTS = {"min": range(2, 21), "max": range(2, 21), "round": range(1, 2)}
"""How many each function takes."""


@dataclass(frozen=True)
class Expression:
    """One formula. settings: the dotted paths that it reads, in order."""

    text: str
    settings: tuple[str, ...]
    _root: ast.expr

    def value(self, lookup: Lookup) -> Value:
        """Its value, with each setting's from `lookup`. Raises `ZeroDivisionError` and
        `OverflowError`."""
        return _value(self._root, lookup)


def parsed(text: str) -> Expression:
    """The expression in `text`. Raises `ValueError` that says what it may hold."""
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters; {EXAMPLE}")
    try:
        root = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"is no formula; {EXAMPLE}") from error
    return Expression(text, tuple(dict.fromkeys(_settings(root))), root)


def _settings(node: ast.expr) -> Iterator[str]:
    """The paths in a formula, which is checked on the way."""
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return
        case ast.Name() | ast.Attribute():
            yield _path(node)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            yield from _settings(left)
            yield from _settings(right)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            yield from _settings(operand)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            if len(args) not in ARGUMENTS[name]:
                raise ValueError(f"{name} has {len(args)} arguments; {EXAMPLE}")
            for argument in args:
                yield from _settings(argument)
        case _:
            raise ValueError(f"holds {ast.unparse(node)!r}; {EXAMPLE}")


def _path(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_path(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise ValueError(f"holds {ast.unparse(node)!r}; {EXAMPLE}")


def _value(node: ast.expr, lookup: Lookup) -> Value:
    """Of a node that `_settings` let pass."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.BinOp(left=left, op=op, right=right):
            return BINARY[type(op)](_value(left, lookup), _value(right, lookup))
        case ast.UnaryOp(op=op, operand=operand):
            return UNARY[type(op)](_value(operand, lookup))
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*(_value(argument, lookup) for argument in args))
        case _:
            return lookup(_path(node))
