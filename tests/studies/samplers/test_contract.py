"""What every sampler keeps to: a restart changes no proposal, whatever has finished, runs, failed
or broke a constraint."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.studies.definition.sampler import ABILITIES, SamplerName
from sem_ray.studies.definition.space.distributions import Values
from tests.studies.samplers.contract import (
    LEARNING,
    MIXED,
    SEVERAL,
    TWO,
    Search,
    bowl,
    searched,
)

ALL: tuple[SamplerName, ...] = (*LEARNING, "random", "qmc")
LENGTH = {"tpe": 40, "nsga2": 48, "nsga3": 48, "gp": 20, "cmaes": 60}
"""Configurations to learn from: a Gaussian process needs few, and takes half a second each."""
CHANCE = 0.85
"""What the objective comes to on average in the whole space."""
CONSTRAINED: dict[str, Any] = {"constraints": ["generation_seconds <= 600"]}


def one(values: Values) -> tuple[float, ...]:
    return (bowl(values),)


def two(values: Values) -> tuple[float, ...]:
    return bowl(values), values["noise.step_size"]


@pytest.mark.parametrize("at_once", [1, 3])
@pytest.mark.parametrize("name", ALL)
def test_a_restart_at_every_point_changes_no_proposal(name: SamplerName, at_once: int) -> None:
    spec, trials = searched(name), 9 if name == "gp" else 14
    found = Search(spec, one).run(trials, at_once)
    assert Search(spec, one, restarted=True).run(trials, at_once) == found
    assert len({str(values) for values in found}) == trials
    for values in found:
        spec.experiment(values)


@pytest.mark.parametrize("changes", [{"objectives": TWO}, {"objectives": TWO, **CONSTRAINED}])
@pytest.mark.parametrize("name", SEVERAL)
def test_nor_with_several_objectives_or_constraints(
    name: SamplerName, changes: dict[str, Any]
) -> None:
    spec, trials = searched(name, **changes), 8 if name == "gp" else 12
    found = Search(spec, two).run(trials, 2)
    assert Search(spec, two, restarted=True).run(trials, 2) == found


@pytest.mark.parametrize("name", LEARNING)
def test_another_seed_gives_other_proposals(name: SamplerName) -> None:
    spec, other = searched(name), searched(name, seed=8)
    mine, its = (Search(each, one).run(6) for each in (spec, other))
    assert not any(a == b for a, b in zip(mine, its, strict=True))


@pytest.mark.parametrize("name", LEARNING)
def test_the_order_settings_are_written_in_does_not_matter(name: SamplerName) -> None:
    spec = searched(name)
    turned = searched(name, search=dict(reversed(spec.model_dump()["search"].items())))
    assert list(turned.search) == list(reversed(spec.search))
    assert Search(turned, one).run(6) == Search(spec, one).run(6)


@pytest.mark.parametrize("name", LEARNING)
def test_it_learns_where_the_objective_is_small(name: SamplerName) -> None:
    late = [bowl(values) for values in Search(searched(name), one).run(LENGTH[name])[-12:]]
    assert sum(late) / 12 < 0.6 < CHANCE


@pytest.mark.parametrize("name", LEARNING)
def test_it_turns_to_what_keeps_a_constraint(name: SamplerName) -> None:
    """The constraint wants at most two noise steps, the objective three."""
    found = Search(searched(name, **CONSTRAINED), one).run(LENGTH[name])[-12:]
    kept = sum(values["noise.steps"] <= 2 for values in found)
    assert kept > 7 > 12 * 2 / 5, "of 12, as many as chance gives"


def test_nothing_finished_leaves_every_sampler_with_proposals() -> None:
    for name in ALL:
        found = Search(searched(name), one).run(9, at_once=9)
        assert len({str(values) for values in found}) == 9, name


@pytest.mark.parametrize("name", [n for n in ALL if not ABILITIES[n].objectives])
def test_several_objectives_are_refused_by_those_that_take_one(name: SamplerName) -> None:
    with pytest.raises(BadInput, match=rf"sampler\.name: {name} .*2 objectives.*; take tpe"):
        searched(name, objectives=TWO)


@pytest.mark.parametrize("name", [n for n in ALL if not ABILITIES[n].choices])
def test_choices_are_refused_by_those_that_need_an_order(name: SamplerName) -> None:
    with pytest.raises(BadInput, match=r"noise\.radius, which is a list of choices"):
        searched(name, search=MIXED)
