"""Every method with settings that take it a moment."""

from __future__ import annotations

from typing import Any

from sem_ray.spec import ExperimentSpec
from tests.samples import tiny_spec

EM = {"train_steps": 2, "steps": 2, "loops": 2, "stop_error": 0}


SMALL: dict[str, dict[str, Any]] = {
    "rem": {"method": "rem", "steps": 1, "final_steps": 1},
    "parity": {"parity": {"drop_last": True}, "steps": 1, "final_steps": 1},
    "em": {"method": "em", "em": EM},
    "em parity": {"method": "em", "em": EM, "parity": {"augmented_em": True}},
    "em class-wise parity": {"method": "em", "em": {**EM, "class_wise": True}, "parity": True},
    "em class-wise": {"method": "em", "em": {**EM, "class_wise": True}},
    "shortcut": {"method": "shortcut"},
    "ntga fnn": {"method": "ntga", "ntga": {"block": 4, "steps": 2}},
    "ntga cnn": {"method": "ntga", "ntga": {"block": 4, "steps": 2, "predictor": "cnn"}},
    "tap": {"method": "tap", "tap": {"epochs": 1, "steps": 2, "restarts": 2}},
}


def small(name: str, **changes: Any) -> ExperimentSpec:
    return tiny_spec(noise=SMALL[name], surrogate={"steps": 2}, **changes)
