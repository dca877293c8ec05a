"""What rungs are worth, told from a study in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.store import Store
from sem_ray.studies.fidelity import StudyFidelity, fidelity
from sem_ray.studies.journal.storage import open_study
from sem_ray.studies.run.simulated.simulation import simulate
from sem_ray.studies.run.simulated.synthetic_curves import SyntheticCurves
from tests.studies.fakes import measured, study


def found(store: Store, rung_noise: float, **changes: Any) -> StudyFidelity:
    early = {"scheduler": "none", "rungs": [0.5], **changes}
    space = {"noise.radius": {"low": 1, "high": 32}}
    spec = study(search=space, sampler={"name": "random"}, trials=60, early_stopping=early)
    curves = SyntheticCurves(measured, noise=1, rungs=(0.5,), rung_noise=rung_noise)
    simulate(spec, curves, record=open_study(store, spec))
    return fidelity(store, spec.name)


@pytest.mark.parametrize(("rung_noise", "verdict"), [(1, "predicts"), (10_000, "does not predict")])
def test_a_rung_predicts_if_it_orders_configurations_as_their_ends_do(
    store: Store, rung_noise: float, verdict: str
) -> None:
    (rung,) = found(store, rung_noise).rungs
    assert (rung.rung, rung.reached, rung.finished, rung.verdict) == (0.5, 60, 60, verdict)


def test_stopped_configurations_reach_a_rung_and_have_no_end(store: Store) -> None:
    (rung,) = found(store, 1, scheduler="asha").rungs
    assert rung.reached == 60 and rung.finished < 40


def test_a_study_without_rungs_is_refused_with_the_way_out(store: Store) -> None:
    open_study(store, study())
    with pytest.raises(BadInput, match=r"measures nothing on its way.*scheduler: none"):
        fidelity(store, "tiny")
