"""Which limit of a budget is reached."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.spec.validation import validated
from sem_ray.studies.definition.budget import BudgetSpec
from sem_ray.studies.definition.objective import Objective
from sem_ray.studies.run.spending.limits import Spent, exhausted

OBJECTIVE = Objective(metric="test_accuracy_at_4")
LIMITS: dict[str, tuple[dict[str, Any], Spent, Spent]] = {
    "device-hours": ({"device_hours": 2}, Spent(device_hours=1.9), Spent(device_hours=2.0)),
    "passes": ({"passes": 1e6}, Spent(passes=9e5), Spent(passes=1e6)),
    "hours": ({"hours": 0.5}, Spent(hours=0.4), Spent(hours=0.6)),
    "GB": ({"store_bytes": "20 GB"}, Spent(store_bytes=10**9), Spent(store_bytes=2 * 10**10)),
    "target": ({"target": 30}, Spent(best=30.1), Spent(best=30.0)),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_reached_once_as_much_is_spent(limit: str) -> None:
    settings, below, reached = LIMITS[limit]
    budget = BudgetSpec(**settings)
    assert exhausted(budget, Spent(), OBJECTIVE) is None
    assert exhausted(budget, below, OBJECTIVE) is None
    assert limit in str(exhausted(budget, reached, OBJECTIVE))


def test_without_limits_nothing_ends_a_study() -> None:
    much = Spent(1e9, 1e9, 1e9, 10**15, -1e9)
    assert exhausted(BudgetSpec(), much, OBJECTIVE) is None


def test_a_target_of_what_is_maximised_is_reached_from_below() -> None:
    objective = OBJECTIVE.model_copy(update={"direction": "maximize"})
    budget = BudgetSpec(target=80)
    assert exhausted(budget, Spent(best=-79.0), objective) is None
    assert "81, of 80" in str(exhausted(budget, Spent(best=-81.0), objective))


@pytest.mark.parametrize(
    ("written", "read"), [("20 GB", 20 * 10**9), ("1.5MB", 1_500_000), (7, 7), ("800 k", 800_000)]
)
def test_bytes_may_have_a_unit(written: Any, read: int) -> None:
    assert BudgetSpec(store_bytes=written).store_bytes == read


@pytest.mark.parametrize("tree", [{"store_bytes": "20 parsecs"}, {"hours": 0}, {"devicehours": 1}])
def test_what_is_no_budget_is_refused(tree: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        validated(BudgetSpec, tree, "budget")
