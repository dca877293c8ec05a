"""What a sweep refuses before anything runs, and how fast its first proposals are there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from sem_ray.errors import BadInput
from sem_ray.studies.dry_run import proposals, require_runnable, target_of
from tests.data.sources.folder_files import write_images
from tests.studies.fakes import study

NEVER: dict[str, tuple[dict[str, Any], str]] = {
    "processors": ({"cpus": 1000}, "a trial wants 1000 CPUs and 0 GPUs, and there is room for "),
    "GPUs": ({"gpus": 99}, "a trial wants 1 CPUs and 99 GPUs"),
    "actors": ({"actors": {"count": 2, "cpus": 500}}, "2 actors of 500 CPUs and 0 GPUs each"),
}


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.mark.parametrize("wanted", NEVER)
def test_what_no_machine_here_has_is_refused(wanted: str) -> None:
    resources, message = NEVER[wanted]
    with pytest.raises(BadInput, match=message):
        require_runnable(study(resources=resources))


@pytest.mark.parametrize("searched", [False, True], ids=["base", "search"])
def test_a_folder_without_images_is_refused(tmp_path: Path, searched: bool) -> None:
    source = str(tmp_path)
    changes = {"search": {"data.source": {"choices": ["digits", source]}}}
    with pytest.raises(BadInput, match=f"no images in {source}"):
        study(**changes if searched else {"base": {"data": {"source": source}}})


def test_images_that_are_there_are_not_opened(tmp_path: Path) -> None:
    write_images(tmp_path / "train")
    for image in tmp_path.rglob("*.png"):
        image.write_bytes(b"")
    require_runnable(study(base={"data": {"source": str(tmp_path)}}))


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "grid"])
def test_the_longest_list_of_choices_is_proposed_in_seconds(sampler: str) -> None:
    start = time.monotonic()
    search = {"data.seed": {"choices": list(range(1000))}, "seed": {"low": 1, "high": 100}}
    wanted = study(search=search, sampler={"name": sampler})
    assert len(proposals(wanted, target_of(wanted, None))) == 4
    assert time.monotonic() - start < 10
