"""`ablation`: what each change of an ablation does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give, say, write_out
from sem_ray.cli.options import Json

Format = Literal["table", "markdown", "latex", "csv"]


@app.command
def ablation(
    study: str,
    /,
    *,
    metric: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    format: Format | None = None,  # noqa: A002  the option's name
    out: Path | None = None,
    plot: Path | None = None,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """What each change of an ablation does: effect, intervals, size, p and a verdict.

    ```
    sem-ray sweep search_spaces/ablation.yaml
    sem-ray ablation ablation
    sem-ray ablation ablation --out ablation.tex --plot ablation.png
    ```

    Parameters
    ----------
    study
        Name of the study, whose file says `design: ablation`.
    metric
        Measurement to look at instead of the study's objectives; repeatable.
    format
        Of the text; by default that of the name given with --out (.md, .tex, .csv), else a table.
    out
        File for the text, written whole or not at all; without it the text goes to stdout.
    plot
        File for a forest plot of all effects, as PNG.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.studies.ablation_table import ablation_text, form_of, show_ablation

    form = form_of(format, out)
    found = api.ablation(study, metrics=metric, store=store)
    if plot is not None:
        api.write_forest_plot(found, plot)
        say(f"written to {plot}")
    if out is not None:
        write_out(out, ablation_text(found, form))
    if json or out is None:
        give(found, lambda each: show_ablation(each, form), as_json=json)
    return 0
