"""Conditions: what is one, what is none, and that MLflow takes whatever is rendered."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sem_ray.errors import BadInput
from sem_ray.records.asking.where import (
    ATTRIBUTES,
    MOMENTS,
    MOST,
    NAME,
    ORDERED,
    TEXTUAL,
    Condition,
    parse,
)
from sem_ray.records.connection import connect
from sem_ray.store import Store

NAMES = st.from_regex(NAME, fullmatch=True)
TEXTS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2000, exclude_characters="'\"\x7f"),
    max_size=20,
).filter(lambda text: text.isprintable() and not text.endswith("\\"))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
CONDITIONS = st.one_of(
    st.builds(Condition, st.just("metrics"), NAMES, st.sampled_from(ORDERED), NUMBERS),
    st.builds(
        Condition, st.sampled_from(("params", "tags")), NAMES, st.sampled_from(TEXTUAL), TEXTS
    ),
)


def test_a_name_with_dots_needs_no_backticks() -> None:
    found = parse("params.noise.method = 'sem' and metrics.passes < 1e6")
    assert list(map(str, found)) == [
        "params.`noise.method` = 'sem'",
        "metrics.`passes` < 1000000.0",
    ]
    assert parse('tags.`a b` ilike "it\'s"') == (Condition("tags", "a b", "ILIKE", "it's"),)


FAULTS = {
    "": "a condition such as metrics.passes < 1e6 belongs here",
    "metrics.a": "a condition such as",
    "metrics.a < 1 or metrics.a > 2": "joined by `and`",
    "metrics.a < 1 and": "a condition such as",
    "metrics.a < 'x'": "a number belongs here",
    "params.a < '1'": "texts, as all parameters and tags are, compare by =, !=, LIKE, ILIKE",
    "params.a = 1": "a text in quotes belongs here",
    "params.a = 'x": "neither a name",
    "runs.a = 'x'": "neither a name",
    "a = 'x'": "belongs here",
    "params.a = 'x'; DROP TABLE runs": "neither a name",
    "params.`a;b` = 'x'": "no run has anything of this name",
    "params.a = 'x\ny'": "control characters",
    "metrics.a < 1 metrics.b < 2": "joined by `and`",
    "metrics.a < 1e6x": "neither a name",
    "params.a = 'x\\'": "no text that ends in a backslash",
    "metrics.a < 1e999": "a number up to 1.797e308 belongs here",
    "attributes.colour = 'red'": "attributes are run_id, run_name",
    " and ".join(["metrics.a < 1"] * 41): "40 conditions at most",
}


@pytest.mark.parametrize("expression", FAULTS)
def test_what_is_no_condition_is_refused_in_one_line(expression: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse(expression)
    assert FAULTS[expression] in str(refusal.value) and "\n" not in str(refusal.value)


def test_mlflow_takes_every_attribute_and_as_many_conditions_as_are_let_through(
    store: Store,
) -> None:
    tracking = connect(store)
    numbers = [f"attributes.{name} > 1" for name in MOMENTS]
    texts = [f"attributes.{name} = 'x'" for name in ATTRIBUTES if name not in MOMENTS]
    for conditions in (numbers + texts, [f"metrics.a{n} < 1" for n in range(MOST)]):
        expression = " and ".join(map(str, parse(" and ".join(conditions))))
        assert list(tracking.client.search_runs([tracking.experiment], expression)) == []


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert parse(text)
    except BadInput as refusal:
        assert str(refusal).startswith("--where")


@given(st.lists(CONDITIONS, min_size=1, max_size=4))
def test_what_is_rendered_is_read_as_the_same(conditions: list[Condition]) -> None:
    assert parse(" and ".join(map(str, conditions))) == tuple(conditions)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=3))
def test_mlflow_takes_what_is_rendered(store: Store, conditions: list[Condition]) -> None:
    tracking = connect(store)
    expression = " and ".join(map(str, conditions))
    assert list(tracking.client.search_runs([tracking.experiment], expression)) == []
