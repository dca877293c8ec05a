"""`sweep`, `status` and `best`: studies of many experiments."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give, say_notice, write_out
from sem_ray.cli.options import Json, StudyOptions, WholeNumber


@app.command
def sweep(
    file: Path,
    /,
    *,
    trials: WholeNumber | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    retry_failed: Annotated[bool, Parameter(negative="")] = False,
    skip: Annotated[tuple[WholeNumber, ...], Parameter(negative="", show_default=False)] = (),
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    options: StudyOptions = StudyOptions(),
    store: Path | None = None,
    json: Json = False,
) -> int:
    """Run the study in FILE, or go on with it; trials run side by side on what the machine has.

    ```
    sem-ray sweep search_spaces/quick.yaml --dry-run
    sem-ray sweep search_spaces/quick.yaml --trials 8
    sem-ray sweep search_spaces/quick.yaml --retry-failed --skip 3
    sem-ray sweep search_spaces/quick.yaml --name longer --set victim.steps=500 --hours 1
    ```

    Parameters
    ----------
    file
        Search space in YAML.
    trials
        Finished trials of the search to reach, instead of the file's.
    dry_run
        Show what would run and what it would cost, and write nothing.
    retry_failed
        Run every failed trial again, with its values, before anything else.
    skip
        Number of a trial to leave out for good, and its configuration with it; repeatable.
    from_
        Name of another study whose finished trials are taken over, as far as they fit.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.live.sweep_progress import SweepProgress
    from sem_ray.cli.console.studies.plan_text import show_plan
    from sem_ray.cli.console.studies.study_tables import Swept, show_sweep

    study = api.read_study(file, options.changes())
    if dry_run:
        planned = api.plan(study, trials=trials, store=store)
        give(planned, show_plan, as_json=json)
        return 0
    metrics = [objective.metric for objective in study.objectives]
    with SweepProgress(api.watch(study.name, store=store).look, metrics) as progress:
        result = api.sweep(
            study,
            trials=trials,
            store=store,
            on_event=progress,
            retry_failed=retry_failed,
            skip=skip,
            seeded_from=from_,
        )
    status = api.status(study.name, store=store)
    winner = api.best(study.name, store=store) if status.feasible else None
    for notice in api.notices(winner.spec) if winner else ():
        say_notice(notice)
    give(Swept(result, status, winner), show_sweep, as_json=json)
    return 0 if result.ok else 1


@app.command
def status(
    study: str,
    /,
    *,
    watch: Annotated[bool, Parameter(negative="")] = False,
    trials: Annotated[bool, Parameter(negative="")] = False,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """A study's configurations, the seeds of each folded into a mean, and what runs now.

    ```
    sem-ray status quick
    sem-ray status quick --watch
    sem-ray status quick --json
    ```

    Parameters
    ----------
    study
        Name of the study, as its search space file gives it.
    watch
        Show a running sweep as it goes on, until it ends. It may run on another machine that sees
        the store; Ctrl-C ends the watching and leaves the sweep alone.
    trials
        A line for each trial instead of one for each configuration.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.live.watching import follow
    from sem_ray.cli.console.studies.study_tables import show_status

    if watch:
        follow(api.watch(study, store=store))
    found = api.status(study, store=store)
    view = api.watch(study, store=store).look() if found.running else None
    give(found, partial(show_status, view=view, trials=trials), as_json=json)
    return 0


@app.command
def best(
    study: str, /, *, out: Path | None = None, store: Path | None = None, json: Json = False
) -> int:
    """The best configuration of a study, as YAML that `protect --config` takes.

    ```
    sem-ray best quick --out best.yaml
    sem-ray protect digits --config best.yaml --out noise
    ```

    Parameters
    ----------
    study
        Name of the study, as its search space file gives it.
    out
        File for the YAML, written whole or not at all; without it the YAML goes to stdout.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.study_tables import best_yaml, show_best

    found = api.best(study, store=store)
    for notice in api.notices(found.spec):
        say_notice(notice)
    if out is not None:
        write_out(out, best_yaml(found))
    if json or out is None:
        give(found, show_best, as_json=json)
    return 0
