"""What Ray reads from the environment of a process that uses it.

Ray and Tune read most of it once, when they are imported, so `sem_ray.cluster` sets it before it
imports them. A value that is set already stays.
"""

from __future__ import annotations

import os

VARIABLES = {
    # A terminal and `--json` on stdout belong to sem-ray: no tables, result files or tracebacks.
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    # Ray prints a dead worker's story on the driver's stdout even with `log_to_driver=False`.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    # Ray answers SIGTERM with a stack trace and an abort, and we want to end in order.
    "RAY_DISABLE_FAILURE_SIGNAL_HANDLER": "1",
    # Tune would take Ctrl-C for a wish to end early and return as if all were well.
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # With a searcher Tune starts one worker after the other; ours says itself how many may run.
    "TUNE_MAX_PENDING_TRIALS_PG": "1000",
    # Nothing about a user's work is sent anywhere.
    "RAY_USAGE_STATS_ENABLED": "0",
    # Idle threads of one worker must not spin on the cores of another.
    "OMP_WAIT_POLICY": "PASSIVE",
}


def set_variables() -> None:
    """Set each of `VARIABLES` that is not set."""
    for name, value in VARIABLES.items():
        os.environ.setdefault(name, value)
