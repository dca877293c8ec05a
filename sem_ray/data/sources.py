"""Where images come from: the one place that knows every source by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sem_ray.data.digits import NAME as DIGITS
from sem_ray.data.digits import read_digits
from sem_ray.data.image_set import Dataset
from sem_ray.data.parquet import read_parquet
from sem_ray.data.subset import Limit
from sem_ray.data.torchvision_sets import SETS, read_torchvision
from sem_ray.errors import BadInput
from sem_ray.spec.data import DataSpec

Reader = Callable[[DataSpec], Dataset]

NAMED: dict[str, Reader] = {
    DIGITS: lambda spec: read_digits(spec.seed),
    **dict.fromkeys(SETS, lambda spec: read_torchvision(spec.source)),
}
"""Sources that are not paths. A folder of the same name is reached as `./digits`."""


def load(spec: DataSpec) -> Dataset:
    """The images that `spec` names, on the CPU, with its limits applied.

    Raises `BadInput` for an unknown source, a limit below the number of classes, and anything in
    the images or labels that would make a run fail later.
    """
    train = Limit(spec.limit, spec.seed, "data.limit")
    test = Limit(spec.test_limit, spec.seed, "data.test_limit")
    if spec.source not in NAMED:
        return read_parquet(spec.source, _existing(spec.source), train, test)
    dataset = NAMED[spec.source](spec)
    return Dataset(
        train=train.applied(dataset.train),
        test=None if dataset.test is None else test.applied(dataset.test),
    )


def _existing(source: str) -> Path:
    try:
        path = Path(source).expanduser()
        if source.strip() and path.exists():
            return path
    except (OSError, RuntimeError) as error:
        raise BadInput(f"cannot open the data source {source!r}: {error}") from error
    # Late, because it needs PyYAML and only a misspelt name needs it.
    from sem_ray.spec.reading import did_you_mean

    raise BadInput(
        f"no image set {source!r}{did_you_mean(source, NAMED)}: there is no such file or folder, "
        f"and the known names are {', '.join(NAMED)}"
    )
