"""`records`: what MLflow shows, brought in line with the studies of the store."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give
from sem_ray.cli.options import Json

records = App(name="records", help="Bring MLflow in line with the studies of the store.")
app.command(records)


@records.command
def sync(*studies: str, store: Path | None = None, json: Json = False) -> int:
    """Bring MLflow what it lacks: after a server was down, all that it missed, once and in order.

    ```
    sem-ray records sync
    sem-ray records sync quick
    ```

    Parameters
    ----------
    studies
        Names of studies; all of the store without any.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.caught_up import show_caught_up

    give(api.sync_records(studies, store=store), show_caught_up, as_json=json)
    return 0


@records.command
def rebuild(*studies: str, store: Path | None = None, json: Json = False) -> int:
    """Write MLflow's records again from the journals: into a new server, or one that lost some.

    ```
    MLFLOW_TRACKING_URI=sqlite:///new.db sem-ray records rebuild
    ```

    Parameters
    ----------
    studies
        Names of studies; all of the store without any.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.caught_up import show_caught_up

    give(api.rebuild_records(studies, store=store), show_caught_up, as_json=json)
    return 0
