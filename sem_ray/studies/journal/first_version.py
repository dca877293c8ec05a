"""Trials recorded by the first version, which kept an attribute for each number they measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sem_ray.metrics.measurement import (
    CLEAN_ACCURACY,
    GENERATION_SECONDS,
    TEST_ACCURACY,
    VICTIM_SECONDS,
    Measurement,
)


def measurements(attributes: Mapping[str, Any], spec: str) -> tuple[Measurement, ...]:
    """What a trial with these attributes measured; `spec` is its experiment as JSON."""
    return tuple(
        Measurement(value=attributes[attribute], **facts)
        for attribute, facts in _expected(json.loads(spec))
        if attribute in attributes
    )


def _expected(spec: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each attribute that the experiment may have left, and what it measured."""
    seed, network = {"seed": spec["seed"]}, {"network": spec["victim"]["network"]}
    for name in (TEST_ACCURACY, CLEAN_ACCURACY):
        for radius in spec["victim"]["radii"]:
            facts = {"name": name, "unit": "%", "radius": radius, **seed, **network}
            yield f"{name}@{radius:g}", facts
    yield GENERATION_SECONDS, {"name": GENERATION_SECONDS, "unit": "s", **seed}
    yield VICTIM_SECONDS, {"name": VICTIM_SECONDS, "unit": "s", **seed, **network}
