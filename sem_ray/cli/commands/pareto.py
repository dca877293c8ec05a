"""`pareto`: the trade-offs that a study with several objectives found."""

from __future__ import annotations

from pathlib import Path

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give, say
from sem_ray.cli.options import Json


@app.command
def pareto(
    study: str,
    /,
    *,
    reference: list[float] | None = None,
    plot: Path | None = None,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """The Pareto front of a study with several objectives, by the means of its configurations.

    ```
    sem-ray pareto radii
    sem-ray pareto radii --reference 100 --reference 600 --plot front.png
    ```

    Parameters
    ----------
    study
        Name of the study, as its search space file gives it.
    reference
        A value for each objective, in the study's order, from which the hypervolume is measured;
        without it a tenth of each range beyond the worst configuration.
    plot
        File for a picture of the first two objectives, as PNG.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.pareto_text import show_front

    found = api.pareto(study, reference=reference, plot=plot, store=store)
    give(found, show_front, as_json=json)
    if plot is not None:
        say(f"written to {plot}")
    return 0
