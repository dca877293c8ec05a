"""`studies`: what a store holds, and a study taken out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give
from sem_ray.cli.options import Json

studies = App(name="studies", help="List the studies of a store, or delete one.")
app.command(studies)


@studies.default
def list_studies(*, store: Path | None = None, json: Json = False) -> int:
    """The studies of a store: state, finished configurations, best value and age.

    ```
    sem-ray studies
    sem-ray studies --json
    ```

    Parameters
    ----------
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.study_list import Listed, show_studies

    give(Listed(api.list_studies(store=store)), show_studies, as_json=json)
    return 0


@studies.command
def delete(
    study: str,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="")] = False,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """Delete a study: its journal and its runs in MLflow. Noise and victims stay in the store.

    ```
    sem-ray studies delete quick
    sem-ray studies delete quick --yes
    ```

    Parameters
    ----------
    study
        Name of the study, as its search space file gives it.
    yes
        Do not ask.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.study_list import confirm_deletion, show_deleted

    trials = api.require_deletable(study, store=store)
    if not yes and not confirm_deletion(study, trials):
        return 1
    give(api.delete_study(study, store=store), show_deleted, as_json=json)
    return 0
