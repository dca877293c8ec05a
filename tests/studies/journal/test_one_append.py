"""Attributes written together are what attributes written one by one are, at one append."""

from __future__ import annotations

import os
from collections.abc import Callable

import optuna
import pytest

from sem_ray.store import Store
from sem_ray.studies.journal.one_append import note
from sem_ray.studies.journal.storage import JOURNAL_FILE, load_study, open_study
from tests.studies.fakes import begun, study

FACTS = {"a": 1, "b": [0.1, "two"], "c": {"d": None}}


def test_they_are_read_back_by_this_sweep_and_a_later_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = open_study(store, study())
    trial = begun(record)
    waits: list[int] = []
    fsync: Callable[[int], None] = os.fsync

    def counted(handle: int) -> None:
        waits.append(handle)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", counted)
    note(trial, FACTS)
    assert len(waits) == 1
    later = load_study(store, "tiny").study.trials[trial.number].user_attrs
    for found in (trial.user_attrs, record.frozen(trial).user_attrs, later):
        assert {key: found[key] for key in FACTS} == FACTS


def test_the_lines_are_those_that_optuna_writes_one_by_one(store: Store) -> None:
    record = open_study(store, study())
    trial, journal = begun(record), record.folder / JOURNAL_FILE
    start = len(journal.read_bytes())
    for key, value in FACTS.items():
        trial.set_user_attr(key, value)
    middle = len(journal.read_bytes())
    note(trial, FACTS)
    content = journal.read_bytes()
    assert content[start:middle] == content[middle:]


def test_a_study_in_memory_takes_them_too() -> None:
    trial = optuna.create_study().ask()
    note(trial, FACTS)
    assert trial.user_attrs == FACTS
