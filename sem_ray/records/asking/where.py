"""Conditions on runs, as MLflow's search takes them:

    params.noise.method = 'sem' and metrics.passes < 1e6

A condition compares `params.`, `metrics.`, `tags.` or `attributes.` NAME with a number or a quoted
text; `and` joins them, and there is no `or` (https://mlflow.org/docs/latest/search-runs.html). What
is written here need not put a name with dots in backticks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sem_ray.errors import UNPRINTABLE, BadInput

ORDERED = ("=", "!=", "<", "<=", ">", ">=")
TEXTUAL = ("=", "!=", "LIKE", "ILIKE")
MOMENTS = ("start_time", "end_time", "created")
"""Attributes that are numbers: milliseconds since the epoch."""
ATTRIBUTES = ("run_id", "run_name", "status", "user_id", "artifact_uri", *MOMENTS)
MOST = 40
"""Conditions at once: a database joins a table for each, and sqlite joins 64."""
NAME = re.compile(r"[\w\-. /:]+")
"""What MLflow lets a metric or parameter be called."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<key>(?:params|metrics|tags|attributes)\.(?:`[^`]*`|"[^"]*"|[\w\-./:]+))
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    | (?P<sign><=|>=|!=|=|<|>)
    | (?P<word>[A-Za-z]+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Condition:
    """One comparison."""

    entity: str
    """`params`, `metrics`, `tags` or `attributes`."""
    name: str
    sign: str
    value: str | float

    def __str__(self) -> str:
        """As MLflow takes it."""
        value = self.value
        # MLflow takes no exponent with a sign.
        shown = f"{Decimal(repr(value)):f}" if isinstance(value, float) else _quoted(value)
        return f"{self.entity}.`{self.name}` {self.sign} {shown}"


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int


def parse(expression: str) -> tuple[Condition, ...]:
    """The conditions of `expression`. Raises `BadInput` that shows where it is none."""
    if UNPRINTABLE.search(expression):
        raise _fault(expression, 0, "it has control characters")
    tokens = list(_tokens(expression))
    found: list[Condition] = []
    while True:
        if len(tokens) < 3:
            place = tokens[0].place if tokens else len(expression)
            raise _fault(expression, place, "a condition such as metrics.passes < 1e6 belongs here")
        if len(found) == MOST:
            raise _fault(expression, tokens[0].place, f"{MOST} conditions at most")
        found.append(_condition(expression, *tokens[:3]))
        if len(tokens) == 3:
            return tuple(found)
        joint = tokens[3]
        if joint.text.lower() != "and":
            way_out = "conditions are joined by `and`; ask twice for what you would join by `or`"
            raise _fault(expression, joint.place, way_out)
        tokens = tokens[4:]


def _tokens(expression: str) -> Iterator[_Token]:
    place, end = 0, len(expression.rstrip())
    while place < end:
        found = _TOKEN.match(expression, place)
        if found is None:
            raise _fault(expression, place, "neither a name, a sign, a number nor a quoted text")
        kind = str(found.lastgroup)
        yield _Token(kind, found[kind], found.start(kind))
        place = found.end()


def _condition(expression: str, key: _Token, sign: _Token, value: _Token) -> Condition:
    if key.kind != "key":
        expected = "params.NAME, metrics.NAME, tags.NAME or attributes.NAME belongs here"
        raise _fault(expression, key.place, expected)
    entity, _, name = key.text.partition(".")
    name = name.strip('`"')
    if not NAME.fullmatch(name):
        raise _fault(expression, key.place, "no run has anything of this name")
    if entity == "attributes" and name not in ATTRIBUTES:
        raise _fault(expression, key.place, f"attributes are {', '.join(ATTRIBUTES)}")
    numeric = entity == "metrics" or (entity == "attributes" and name in MOMENTS)
    signs = ORDERED if numeric else TEXTUAL
    if sign.text.upper() not in signs:
        kind = "numbers" if numeric else "texts, as all parameters and tags are,"
        raise _fault(expression, sign.place, f"{kind} compare by {', '.join(signs)}")
    if value.kind != ("number" if numeric else "text"):
        expected = "a number belongs here" if numeric else "a text in quotes belongs here"
        raise _fault(expression, value.place, expected)
    held = float(value.text) if numeric else value.text[1:-1]
    if isinstance(held, float) and math.isinf(held):
        raise _fault(expression, value.place, "a number up to 1.797e308 belongs here")
    if isinstance(held, str) and not askable(held):
        raise _fault(expression, value.place, "MLflow takes no text that ends in a backslash")
    return Condition(entity, name, sign.text.upper(), held)


def askable(text: str) -> bool:
    """Whether MLflow can be asked for this text: it has no way to write both kinds of quotes, nor a
    backslash before the last one."""
    return not ("'" in text and '"' in text) and not text.endswith("\\")


def _quoted(text: str) -> str:
    """A text holds one kind of quotes at most: it was read from the other, or is `askable`."""
    return f'"{text}"' if "'" in text else f"'{text}'"


def _fault(expression: str, place: int, reason: str) -> BadInput:
    before, after = expression[max(0, place - 40) : place], expression[place : place + 40]
    return BadInput(f"--where: {before!r} ▸ {after!r}: {reason}")
