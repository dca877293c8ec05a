"""`ablation`: what each change of an ablation does, as an answer, as text and as a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from sem_ray.errors import BadInput
from sem_ray.exhibits.ablation import tables
from sem_ray.files import atomic_file, writing_to
from sem_ray.store import Store
from sem_ray.studies import ablation_results
from sem_ray.studies.ablation.answer import Ablation

TableFormat = Literal["markdown", "latex", "csv"]

_TEXTS: dict[TableFormat, Callable[[Ablation], str]] = {
    "markdown": tables.markdown,
    "latex": tables.latex,
    "csv": tables.as_csv,
}


def ablation(
    study: str, *, metrics: Sequence[str] = (), store: Path | str | None = None
) -> Ablation:
    """What the finished runs of the ablation named `study` say of these measurements, which are
    its objectives if none is given. Raises `BadInput` if there is no such study or measurement."""
    return ablation_results.ablation(Store.existing(store), study, metrics)


def ablation_table(found: Ablation, form: TableFormat) -> str:
    """The answer as a table in that form."""
    return _TEXTS[form](found)


def write_forest_plot(found: Ablation, file: Path | str) -> None:
    """Every effect with its interval, as a PNG that is written whole or not at all. Raises
    `BadInput` if it cannot be."""
    from sem_ray.exhibits.ablation.forest_plot import forest_plot, save

    target = Path(file).absolute()
    if target.suffix.lower() != ".png":
        raise BadInput(f"cannot write a figure to {file}: it is written as PNG; end the name so")
    figure = forest_plot(found)
    with writing_to(target, "name another file with --plot"), atomic_file(target) as aside:
        save(figure, aside)
