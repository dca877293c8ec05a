"""What MLflow shows of studies, brought in line with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sem_ray import records
from sem_ray.errors import BadInput
from sem_ray.files import atomic_file, writing_to
from sem_ray.records import Row
from sem_ray.store import Store
from sem_ray.studies.catching_up import CaughtUp, catch_up

list_runs = records.rows
compare_runs = records.compare


def sync_records(
    studies: Sequence[str] = (), *, store: Path | str | None = None
) -> tuple[CaughtUp, ...]:
    """Bring MLflow what it lacks of these studies, or of all in the store; a study that is being
    swept is left to its sweep. Raises `BadInput`, or `WorkFailed` if MLflow fails."""
    return catch_up(Store.existing(store), studies)


def rebuild_records(
    studies: Sequence[str] = (), *, store: Path | str | None = None
) -> tuple[CaughtUp, ...]:
    """The same, and everything is sent whatever MLflow is known to have: for a database that is new
    or was damaged. Raises as `sync_records` does."""
    return catch_up(Store.existing(store), studies, from_nothing=True)


@dataclass(frozen=True)
class Shown:
    """A result, and the runs below it."""

    row: Row
    replicates: tuple[Row, ...]


@dataclass(frozen=True)
class ExportedRuns:
    """Where the rows are."""

    file: Path
    rows: int


def show_run(run: str, *, store: Path | str | None = None) -> Shown:
    """All that is recorded of the result `quick/12`, or of the run of an id. Raises `BadInput` if
    there is none."""
    row = records.find(run, store=store)
    return Shown(row, records.replicates(row, store=store))


def export_runs(
    out: Path | str,
    studies: Sequence[str] = (),
    *,
    where: str | None = None,
    store: Path | str | None = None,
) -> ExportedRuns:
    """The same rows as a file, Parquet or CSV by its ending. Raises `BadInput`."""
    from pyarrow import csv, parquet

    target = Path(out).absolute()
    if target.suffix not in (".parquet", ".csv"):
        raise BadInput(f"{target} ends in neither .parquet nor .csv; name the file so with --out")
    table = records.table(records.rows(studies, where=where, store=store))
    with writing_to(target, "name another file with --out"), atomic_file(target) as aside:
        if target.suffix == ".csv":
            seeds = [",".join(map(str, one)) for one in table["seeds"].to_pylist()]
            place = table.schema.get_field_index("seeds")
            csv.write_csv(table.set_column(place, "seeds", [seeds]), aside)
        else:
            parquet.write_table(table, aside)
    return ExportedRuns(target, table.num_rows)
