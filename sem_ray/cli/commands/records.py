"""`list`, `show`, `compare` and `records`: what was recorded, asked and kept whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give
from sem_ray.cli.options import Json, WholeNumber

records = App(
    name="records",
    help="""Export what was recorded; bring MLflow in line with the studies of the store.

```
sem-ray records sync
sem-ray records export quick --out quick.parquet
```""",
)
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
    from sem_ray.cli.console.studies.caught_up import AllCaughtUp, show_caught_up

    found = AllCaughtUp(api.sync_records(studies, store=store))
    give(found, show_caught_up, as_json=json)
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
    from sem_ray.cli.console.studies.caught_up import AllCaughtUp, show_caught_up

    found = AllCaughtUp(api.rebuild_records(studies, store=store))
    give(found, show_caught_up, as_json=json)
    return 0


@records.command
def export(
    *studies: str,
    out: Path,
    where: str | None = None,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """Recorded results as a Parquet or CSV file.

    ```
    sem-ray records export quick --out quick.parquet
    sem-ray records export --where "metrics.test_accuracy_at_4 < 40" --out good.csv
    ```

    Parameters
    ----------
    studies
        Names of studies; all that are recorded without any.
    out
        File ending in .parquet or .csv, written whole or not at all.
    where
        Condition that results meet, as for list.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.recorded_runs import show_exported

    found = api.export_runs(out, studies, where=where, store=store)
    give(found, show_exported, as_json=json)
    return 0


@app.command(name="list")
def list_runs(
    *studies: str,
    where: str | None = None,
    order_by: str | None = None,
    descending: Annotated[bool, Parameter(negative="")] = False,
    limit: WholeNumber = 50,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """Recorded results of studies, best first, as MLflow's server finds them.

    ```
    sem-ray list quick
    sem-ray list quick other --where "params.noise.method = 'sem' and metrics.passes < 1e6"
    MLFLOW_TRACKING_URI=http://127.0.0.1:5000 sem-ray list quick --json
    ```

    A result is a configuration with means over its seeds.

    Parameters
    ----------
    studies
        Names of studies; all that are recorded without any.
    where
        Condition in MLflow's grammar: params.NAME, metrics.NAME, tags.NAME or attributes.NAME,
        a sign, and a number or a text in quotes; joined by `and`.
    order_by
        Metric to sort by instead of the study's objectives, smallest first.
    descending
        Largest first.
    limit
        Results of each study at most.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.recorded_runs import Listing, show_listing

    found = api.list_runs(
        studies, where=where, order_by=order_by, descending=descending, limit=limit, store=store
    )
    give(Listing(found), show_listing, as_json=json)
    return 0


@app.command
def show(run: str, /, *, store: Path | None = None, json: Json = False) -> int:
    """All that is recorded of one result: settings, metrics with intervals, seeds, identities.

    ```
    sem-ray show quick/0
    ```

    Parameters
    ----------
    run
        Result as `list` names it, or the id of a run in MLflow.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.recorded_runs import show_run

    give(api.show_run(run, store=store), show_run, as_json=json)
    return 0


@app.command
def compare(
    one: str,
    other: str,
    /,
    *,
    metric: str | None = None,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """Two recorded results beside each other, over the seeds that both have.

    ```
    sem-ray compare quick/0 quick/3
    sem-ray compare quick/0 other/2 --metric test_accuracy_at_0
    ```

    Parameters
    ----------
    one
        Result as `list` names it.
    other
        The one it is compared with.
    metric
        Metric to compare by; without it the accuracy at the largest radius.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.recorded_runs import show_compared

    found = api.compare_runs(one, other, metric, store=store)
    give(found, show_compared, as_json=json)
    return 0
