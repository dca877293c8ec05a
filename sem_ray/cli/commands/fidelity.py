"""`fidelity`: what the rungs of a study are worth."""

from __future__ import annotations

from pathlib import Path

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give
from sem_ray.cli.options import Json


@app.command
def fidelity(study: str, /, *, store: Path | None = None, json: Json = False) -> int:
    """How well each rung of a study with early stopping orders configurations as their ends do.

    ```
    sem-ray fidelity asha
    ```

    Parameters
    ----------
    study
        Name of the study, as its search space file gives it.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.fidelity_text import show_fidelity

    give(api.fidelity(study, store=store), show_fidelity, as_json=json)
    return 0
