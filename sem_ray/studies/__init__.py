"""Studies: a search space read from YAML, run by Ray Tune, proposed and recorded by Optuna, shown
by MLflow.

The Optuna journal is the record: it says which trials exist and how they ended. Ray runs them,
MLflow shows them to people, the store holds what they made.
"""

from __future__ import annotations

import os

import sem_ray.cluster  # noqa: F401  first: it sets what Ray and Tune read when they are imported

# MLflow reads these once, when it is imported, so they are set before anything here imports it.
# A value that is set already stays.
_SETTINGS = {
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # A tracking server that is down must cost a trial seconds, where the default is minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)
