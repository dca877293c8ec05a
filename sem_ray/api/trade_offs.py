"""`pareto`: a study asked for its trade-offs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sem_ray.errors import BadInput
from sem_ray.files import atomic_file, writing_to
from sem_ray.store import Store
from sem_ray.studies.journal.storage import load_study
from sem_ray.studies.pareto import ParetoFront, pareto_front


def pareto(
    study: str,
    *,
    reference: Sequence[float] | None = None,
    plot: Path | str | None = None,
    store: Path | str | None = None,
) -> ParetoFront:
    """The Pareto front of the study named `study`, and its hypervolume from `reference`, a value
    for each objective; `plot` is a PNG file for a picture of it.

    Raises `BadInput` for an unknown study, one with a single objective, or one without a finished
    configuration that keeps to its constraints.
    """
    target = None if plot is None else _png(Path(plot))
    record = load_study(Store.existing(store), study)
    found = pareto_front(record.configurations(), reference)
    if target is not None:
        from sem_ray.exhibits.front_plot import write_front_plot

        with writing_to(target, "name another file with --plot"), atomic_file(target) as aside:
            write_front_plot(found, aside)
    return found


def _png(file: Path) -> Path:
    if file.suffix.lower() != ".png":
        raise BadInput(f"--plot: {file} is no PNG file; end its name with .png")
    if file.exists() and not file.is_file():
        raise BadInput(f"--plot: {file} exists and is no file; name another")
    return file.absolute()
