"""What `protect` and `evaluate` take, as one value or by names."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import get_type_hints

import pytest

from sem_ray import Actors, RunOptions, protect
from sem_ray.api.run_options import RunKeywords
from sem_ray.errors import BadInput
from tests.system.program import SETTINGS

TINY = [f"{path}={value}" for path, value in SETTINGS.items()]


def test_the_keywords_are_the_fields_with_their_types() -> None:
    fields = [field.name for field in dataclasses.fields(RunOptions)]
    assert list(RunKeywords.__annotations__) == fields
    assert get_type_hints(RunKeywords) == {
        name: hint for name, hint in get_type_hints(RunOptions).items() if name in fields
    }
    assert not inspect.get_annotations(RunKeywords).keys() & {"options", "data", "out"}


def test_options_are_frozen_and_changed_by_name() -> None:
    options = RunOptions(limit=9, seed=1)
    assert options.changed(seed=2) == RunOptions(limit=9, seed=2)
    assert options.seed == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.seed = 3  # type: ignore[misc]
    with pytest.raises(TypeError, match="limitt"):
        options.changed(limitt=3)  # type: ignore[call-arg]


def test_names_change_the_options_they_come_with(tmp_path: Path) -> None:
    options = RunOptions(settings=TINY, limit=60, seed=5, store=tmp_path / "store")
    made = protect("digits", tmp_path / "noise", options=options, limit=20)
    assert (made.images, made.spec.seed) == (20, 5)
    again = protect("digits", tmp_path / "same", options=options.changed(limit=20))
    assert again.identity == made.identity and again.reused


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "actors: count: Input should be greater than or equal to 1"),
        (3, "3 actors cannot share 2 shards of 20 images.*set a larger `shards`"),
    ],
)
def test_actors_that_cannot_share_the_work_are_refused_before_ray_starts(
    tmp_path: Path, count: int, message: str
) -> None:
    options = RunOptions(settings=TINY, limit=20, actors=Actors(count), store=tmp_path / "store")
    with pytest.raises(BadInput, match=message):
        protect("digits", tmp_path / "noise", options=options)
    assert not (tmp_path / "noise").exists()
