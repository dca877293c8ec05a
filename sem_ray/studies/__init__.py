"""Studies: a search space read from YAML, run by Ray Tune, proposed and recorded by Optuna, shown
by MLflow.

The Optuna journal is the record: it says which trials exist and how they ended. Ray runs them,
MLflow shows them to people, the store holds what they made.
"""

from __future__ import annotations

import os

# Ray and MLflow read these once, when they are imported or started, so they are set before
# anything here imports them. Whoever set one before keeps it.
_SETTINGS = {
    # A terminal and `--json` on stdout belong to sem-ray: no tables, result files or tracebacks.
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    # Ray prints a dead worker's story on the driver's stdout even with `log_to_driver=False`.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    # Ray answers SIGTERM with a stack trace and an abort, where we want to end in order.
    "RAY_DISABLE_FAILURE_SIGNAL_HANDLER": "1",
    # Tune would take Ctrl-C for a wish to end early and return as if all were well.
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # With a searcher Tune starts one worker after the other; ours says itself how many may run.
    "TUNE_MAX_PENDING_TRIALS_PG": "1000",
    # Nothing about a user's work is sent anywhere.
    "RAY_USAGE_STATS_ENABLED": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # A tracking server that is down must cost a trial seconds, where the default is minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    # Idle threads of one trial must not spin on the cores of another.
    "OMP_WAIT_POLICY": "PASSIVE",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)
