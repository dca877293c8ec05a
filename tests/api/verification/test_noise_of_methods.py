"""Noise of every method as `protect` writes it and `verify` judges it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sem_ray import protect, verify
from sem_ray.data import read_noise


@pytest.mark.parametrize("method", ["shortcut", "ntga", "em"])
def test_noise_of_a_method_holds_what_its_manifest_promises(method: str, tmp_path: Path) -> None:
    settings = [f"noise.method={method}", "noise.em.loops=1"]
    store = tmp_path / "s"
    made = protect("digits", tmp_path / "n", settings=settings, limit=40, store=store, check=False)
    found = verify(made.folder, "digits")
    assert found.ok, found.checks
    (radius,) = (check for check in found.checks if check.name == "radius")
    manifest = read_noise(made.folder).manifest
    assert manifest.method == method
    if method == "shortcut":
        assert radius.value == manifest.radius > 8
    else:
        assert manifest.radius == 8 >= radius.value
