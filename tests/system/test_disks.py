"""Disks that are read-only, too small, or full by the time something is written."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from sem_ray.cli.console.live.sweep_progress import SweepProgress
from sem_ray.cli.console.progress import StageProgress
from sem_ray.store import Store
from sem_ray.studies.events import SweepEvent, TrialEvent
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.storage import open_study
from sem_ray.studies.journal.trial_report import Finished
from tests.studies.fakes import METRIC, begun, measured, metrics
from tests.studies.fakes import study as study_of
from tests.studies.fakes import tree as study_tree
from tests.system.conftest import Command, Disk
from tests.system.program import failed, refused, tiny

READ_ONLY, TINY_DISK, DISK, LARGE_DISK = "ro", "size=2m", "size=20m", "size=40m"
FULL, TURNED = "No space left on device", "Read-only file system"
TENSORS = 40 * 3 * 32 * 32
"""Bytes of forty images' noise."""


def fill(disk: Path, left: int = 0) -> Path:
    """A file that leaves `left` bytes free."""
    filler = disk / "filler"
    filler.write_bytes(b"\0" * (shutil.disk_usage(disk).free - left))
    return filler


def protecting(store: Path | str, out: Path | str, **changes: object) -> list[object]:
    return ["protect", "digits", *tiny(**changes), "--store", store, "--out", out]


def study(here: Path) -> Path:
    file = here / "study.yaml"
    file.write_text(yaml.safe_dump(study_tree(trials=2, concurrency=1)))
    return file


def record_two_trials(store: Store) -> None:
    """A study as a sweep leaves it."""
    spec = study_of(trials=2)
    record = open_study(store, spec)
    for _ in range(2):
        trial = begun(record)
        experiment = spec.experiment(trial.params)
        report = Finished(measurements=measured(experiment), noise_identity="n", seconds=1.0)
        attributes.note_finish(trial, report)
        record.study.tell(trial, metrics(experiment)[METRIC])


def artifacts(store: Path) -> list[str]:
    """What the store's folders hold, finished or half-written."""
    kinds = ("noise", "victim")
    return [file.name for kind in kinds for file in (store / kind).glob("*")]


def hidden(folder: Path) -> list[str]:
    return [file.name for file in folder.rglob(".*")]


@pytest.fixture
def when_reported(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something happen at the first report of a stage's progress, in the middle of it."""

    def at(act: Callable[[], object]) -> None:
        waiting = [act]

        def report(self: StageProgress, progress: object) -> None:
            while waiting:
                waiting.pop()()

        monkeypatch.setattr(StageProgress, "__call__", report)

    return at


def test_a_read_only_store_is_refused_before_images_are_read(
    here: Path, command: Command, disk: Disk
) -> None:
    place = disk(READ_ONLY)
    for store in (place, place / "store"):
        for words in (
            protecting(store, "out"),
            ["evaluate", "digits", "--store", store],
            ["sweep", study(here), "--store", store],
        ):
            line = refused(command(*words))
            assert line.startswith(f"error: cannot write to {store}: Read-only file system")
            assert line.endswith("or point SEM_RAY_STORE to a folder you can write")
    assert not (here / "out").exists()


def test_a_read_only_place_for_the_result_is_refused_before_the_work(
    store: Path, command: Command, disk: Disk
) -> None:
    place = disk(READ_ONLY)
    for out in (place, place / "a" / "b"):
        line = refused(command(*protecting(store, out)))
        assert line.startswith(f"error: cannot write to {out}: Read-only file system")
        assert "--out" in line
    assert artifacts(store) == []


def test_a_place_whose_name_is_not_utf_8_is_refused(
    here: Path, store: Path, command: Command
) -> None:
    bad = os.fsdecode(b"not\xff")
    for words, shown in (
        (protecting(bad, "out"), r"not\xff"),
        (["sweep", study(here), "--store", bad], r"not\xff"),
        (protecting(store, f"{bad}/out"), r"not\xff/out"),
        (["export", "noise", "digits", "--out", bad], r"not\xff"),
    ):
        line = refused(command(*words))
        assert line.startswith(f"error: cannot write to {here}/{shown}: its name is not UTF-8; ")
    assert [path.name for path in here.iterdir()] == ["study.yaml"]


def test_a_store_too_small_for_the_noise_is_refused_before_the_work(
    here: Path, command: Command, disk: Disk
) -> None:
    store = disk(TINY_DISK) / "store"
    ran = command(*protecting(store, "out"))
    assert f"the noise needs 16.2 MB in {store}, where 2.1 MB are free" in refused(ran)
    assert "steps done" not in ran.err
    assert artifacts(store) == [] and not (here / "out").exists()


def test_a_place_too_small_for_the_result_is_refused_before_the_work(
    store: Path, command: Command, disk: Disk
) -> None:
    out = disk(TINY_DISK) / "out"
    ran = command(*protecting(store, out))
    assert f"the noise needs 16.2 MB in {out.parent}" in refused(ran)
    assert "steps done" not in ran.err
    assert artifacts(store) == [] and not out.exists()


def test_a_full_store_is_refused_at_once(command: Command, disk: Disk, here: Path) -> None:
    store = disk(TINY_DISK)
    fill(store)
    for words in (protecting(store, "out"), ["sweep", study(here), "--store", store]):
        line = refused(command(*words))
        assert line.startswith(f"error: cannot write to {store}: {FULL}")
    assert {file.name for file in store.iterdir()} == {"filler"}


@pytest.mark.parametrize("left", [0, TENSORS // 2, TENSORS + 8192])
def test_a_store_that_fills_up_under_the_noise_keeps_nothing_of_it(
    here: Path,
    command: Command,
    disk: Disk,
    when_reported: Callable[[Callable[[], object]], None],
    left: int,
) -> None:
    """With room for none of it, for half of the values, and for the values and not the rest."""
    place = disk(DISK)
    when_reported(lambda: fill(place, left))
    line = failed(command(*protecting(place / "store", "out")))
    assert line.startswith(f"error: cannot write to {place / 'store'}: ") and FULL in line
    assert artifacts(place / "store") == [] and not (here / "out").exists()
    (place / "filler").unlink()
    assert command(*protecting(place / "store", "out")).code == 0


@pytest.mark.parametrize("left", [0, TENSORS // 2, TENSORS + 8192])
@pytest.mark.parametrize("there", [False, True], ids=["new", "empty folder"])
def test_a_place_that_fills_up_under_the_result_keeps_nothing_of_it(
    store: Path,
    command: Command,
    disk: Disk,
    when_reported: Callable[[Callable[[], object]], None],
    there: bool,
    left: int,
) -> None:
    place = disk(DISK)
    out = place / "out"
    if there:
        out.mkdir()
    when_reported(lambda: fill(place, left))
    line = failed(command(*protecting(store, out)))
    assert line.startswith(f"error: cannot write to {out}: {FULL}")
    assert line.endswith("name a folder you can write with --out")
    assert out.exists() == there and hidden(place) == []
    assert not there or not any(out.iterdir())
    (place / "filler").unlink()
    again = command(*protecting(store, out), "--json")
    assert again.json()["reused"], "the noise itself was lost"


def test_a_store_that_fills_up_under_a_victim_keeps_nothing_of_it(
    command: Command, disk: Disk, when_reported: Callable[[Callable[[], object]], None]
) -> None:
    place = disk(TINY_DISK)
    when_reported(lambda: fill(place))
    line = failed(command("evaluate", "digits", *tiny(), "--store", place / "store"))
    assert line.startswith(f"error: cannot write to {place / 'store'}: {FULL}")
    assert artifacts(place / "store") == []


def test_a_mounted_disk_itself_can_be_the_place_for_the_result(
    store: Path, command: Command, disk: Disk
) -> None:
    place = disk(DISK)
    assert command(*protecting(store, place)).code == 0
    assert command(*protecting(store, place), "--json").json()["reused"]


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["for people", "json"])
def test_a_full_standard_output_is_said(
    here: Path, command: Command, monkeypatch: pytest.MonkeyPatch, form: list[str]
) -> None:
    words = ["sweep", study(here), "--dry-run", *form]
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115  # closing it fails too
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", full)
        ran = command(*words)
    with suppress(OSError):
        full.close()
    assert refused(ran).startswith(f"error: cannot write to standard output: {FULL}")


def test_a_sweep_is_refused_where_its_records_have_no_room(
    here: Path, command: Command, disk: Disk
) -> None:
    store = disk(DISK) / "store"
    line = refused(command("sweep", study(here), "--store", store))
    assert f"a sweep needs 32.0 MB in {store}" in line
    assert not store.exists()


def test_a_sweep_whose_store_fills_up_ends_with_one_line_and_keeps_its_record(
    here: Path, command: Command, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = disk(LARGE_DISK)
    shown = SweepProgress.__call__

    def filling(self: SweepProgress, event: SweepEvent) -> None:
        shown(self, event)
        if isinstance(event, TrialEvent) and not (place / "filler").exists():
            fill(place)

    monkeypatch.setattr(SweepProgress, "__call__", filling)
    ran = command("sweep", study(here), "--store", place / "store")
    # A trial that finds no space is refused before its work; the journal meets it in the middle.
    line = refused(ran) if ran.code == 2 else failed(ran)
    assert "0.0 MB are free" in line or FULL in line
    assert artifacts(place / "store") == []
    (place / "filler").unlink()
    rows = command("status", "tiny", "--store", place / "store", "--json").json()["rows"]
    assert {row["state"] for row in rows} <= {"failed", "interrupted"} and rows


def test_a_store_that_turns_read_only_ends_the_work_with_one_line(
    here: Path,
    command: Command,
    disk: Disk,
    turn_read_only: Callable[[Path], None],
    when_reported: Callable[[Callable[[], object]], None],
) -> None:
    place = disk(DISK)
    when_reported(lambda: turn_read_only(place))
    line = failed(command(*protecting(place / "store", "out")))
    assert line.startswith(f"error: cannot write to {place / 'store'}: {TURNED}")
    assert not (here / "out").exists()


def test_a_place_that_turns_read_only_under_the_result_is_named(
    store: Path,
    command: Command,
    disk: Disk,
    turn_read_only: Callable[[Path], None],
    when_reported: Callable[[Callable[[], object]], None],
) -> None:
    place = disk(DISK)
    when_reported(lambda: turn_read_only(place))
    line = failed(command(*protecting(store, place / "out")))
    assert line.startswith(f"error: cannot write to {place / 'out'}: {TURNED}")


def test_a_sweep_whose_store_turns_read_only_ends_with_one_line(
    here: Path,
    command: Command,
    disk: Disk,
    turn_read_only: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = disk(LARGE_DISK)
    shown = SweepProgress.__call__
    waiting = [place]

    def turning(self: SweepProgress, event: SweepEvent) -> None:
        shown(self, event)
        if isinstance(event, TrialEvent) and waiting:
            turn_read_only(waiting.pop())

    monkeypatch.setattr(SweepProgress, "__call__", turning)
    line = failed(command("sweep", study(here), "--store", place / "store"))
    assert TURNED in line and str(place / "store") in line
    rows = command("status", "tiny", "--store", place / "store", "--json").json()["rows"]
    assert [row["state"] for row in rows] == ["interrupted"]


def test_status_and_best_only_read_the_store(
    command: Command, disk: Disk, turn_read_only: Callable[[Path], None]
) -> None:
    place = disk(LARGE_DISK)
    record_two_trials(Store.open(place / "store"))
    verbs = [["status", "tiny"], ["best", "tiny"]]
    words = [[*verb, "--store", place / "store", "--json"] for verb in verbs]
    before = [command(*one).json() for one in words]
    turn_read_only(place)
    assert [command(*one).json() for one in words] == before
    assert before[0]["complete"] == 2 and not before[0]["running"]
