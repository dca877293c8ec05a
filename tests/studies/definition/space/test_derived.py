"""Settings that follow from others by arithmetic, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sem_ray.errors import BadInput
from sem_ray.studies.definition.space.expressions import parsed
from tests.studies.fakes import study

SETTINGS = {"noise.radius": 8, "a": 3, "b": -2.5}
NUMBERS = st.integers(0, 99) | st.floats(0, 99).map(lambda x: round(x, 3))
FORMULAS = st.recursive(
    NUMBERS.map(str) | st.sampled_from(["a", "b", "noise.radius"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({' '.join(t)})"),
        st.tuples(inner, inner).map(lambda t: f"min({t[0]}, {t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
        inner.map(lambda x: f"-round({x})"),
    ),
    max_leaves=8,
).filter(lambda text: len(text) <= 200)


@settings(deadline=None)
@given(FORMULAS)
def test_a_formula_has_the_value_that_python_gives_it(text: str) -> None:
    expression = parsed(text)
    plain = text.replace("noise.radius", "8")
    expected = eval(plain, {"min": min, "max": max, "round": round}, {"a": 3, "b": -2.5})  # noqa: S307
    assert expression.value(lambda name: SETTINGS[name]) == expected
    assert set(expression.settings) <= SETTINGS.keys()


def test_quotients_are_real_or_whole() -> None:
    assert parsed("noise.radius / 3").value(lambda _: 8) == 8 / 3
    assert parsed("noise.radius // 3").value(lambda _: 8) == 2


NO_FORMULAS = """
a +
a ** 2
__import__('os')
a.b()
[1]
'x'
True
a if b else c
a[0]
lambda: 1
round(a, 2)
min(a)
max(*a)
a < b
1j
min(a, b, key=a)
f(a)
{a: 1}
a @ b
~a
a % b
1_0.real
"""


@pytest.mark.parametrize("text", [*NO_FORMULAS.split("\n"), "(" * 99 + ")" * 99, "a" * 201])
def test_anything_else_is_no_formula(text: str) -> None:
    with pytest.raises(ValueError, match="write numbers, settings"):
        parsed(text)


def test_a_derived_setting_follows_the_searched_ones() -> None:
    formulas = {"surrogate.radius": "noise.radius / 4", "noise.step_size": "noise.steps"}
    spec = study(derived=formulas)
    found = spec.experiment({"noise.radius": 12, "noise.steps": 5})
    assert (found.surrogate.radius, found.noise.alternating.step_size) == (3, 5)
    assert spec.resolved().experiment({"noise.radius": 16}).surrogate.radius == 4


def test_derived_settings_may_read_each_other_in_any_order() -> None:
    formulas = {
        "victim.decay_every": "surrogate.decay_every * 2",
        "surrogate.decay_every": "max(noise.steps, 2)",
        "victim.momentum": 0.5,
    }
    found = study(derived=formulas).experiment({"noise.steps": 4}).victim
    assert (found.decay_every, found.momentum) == (8, 0.5)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no formula": ({"surrogate.radius": "noise.radius ^ 2"}, "derived.surrogate.radius: holds"),
    "no setting": (
        {"surrogate.radius": "noise.raduis / 4"},
        "derived: surrogate.radius: there is no setting noise.raduis (did you mean noise.radius?)",
    ),
    "unknown": ({"surrogate.raduis": "4"}, "unknown key surrogate.raduis (did you mean radius?)"),
    "searched": ({"noise.steps": "3"}, "derived: noise.steps is in search as well"),
    "in base": ({"noise.samples": "noise.steps"}, "derived: noise.samples is in base as well"),
    "null": ({"surrogate.radius": "noise.step_size"}, "noise.step_size is null, and a formula"),
    "text": ({"surrogate.radius": "noise.method * 2"}, "noise.method is 'sem', and a formula"),
    "a circle": (
        {"surrogate.radius": "victim.momentum", "victim.momentum": "surrogate.radius"},
        "derived: formulas go in a circle (",
    ),
    "zero": ({"surrogate.radius": "1 / (noise.steps - 1)"}, "has no value (division by zero)"),
    "a share": ({"surrogate.decay_every": "noise.steps / 2"}, "surrogate.decay_every: Input"),
    "negative": ({"surrogate.radius": "4 - noise.radius"}, "greater than or equal to 0, got -4"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_formulas_that_cannot_be_meant_are_refused(case: str) -> None:
    formulas, message = REFUSED[case]
    with pytest.raises(BadInput) as caught:
        study(derived=formulas)
    assert message in str(caught.value)
