"""Several attributes of a trial in one append to its journal, which waits once for the disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal._storage import JournalOperation


def note(trial: optuna.Trial, facts: Mapping[str, Any]) -> None:
    """Set these user attributes of the trial, with the lines `Trial.set_user_attr` would write."""
    storage = trial.storage
    if not isinstance(storage, JournalStorage):
        for key, value in facts.items():
            trial.set_user_attr(key, value)
        return
    same = {
        "op_code": int(JournalOperation.SET_TRIAL_USER_ATTR),
        "worker_id": storage._replay_result.worker_id,
        "trial_id": trial._trial_id,
    }
    with storage._thread_lock:
        storage._backend.append_logs([{**same, "user_attr": {k: v}} for k, v in facts.items()])
        storage._sync_with_backend()
    trial._cached_frozen_trial.user_attrs.update(facts)
