"""Where images come from: the one place that knows every source by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sem_ray.data.decode.form import Form
from sem_ray.data.image_set import Dataset
from sem_ray.data.parquet import read_parquet
from sem_ray.data.pixels.cache import PixelCache
from sem_ray.data.resident import select_rows
from sem_ray.data.selection import Limit
from sem_ray.data.sources.cifar_binary import read_cifar
from sem_ray.data.sources.cifar_files import is_cifar
from sem_ray.data.sources.digits import NAME as DIGITS
from sem_ray.data.sources.digits import read_digits
from sem_ray.data.sources.encoded_split import LoadOptions
from sem_ray.data.sources.hub_layout import holds_parquet
from sem_ray.data.sources.image_folder import is_image_folder, read_image_folder
from sem_ray.data.sources.torchvision_sets import SETS, read_torchvision
from sem_ray.errors import BadInput
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec.data import DataSpec

Reader = Callable[[DataSpec], Dataset]

NAMED: dict[str, Reader] = {
    DIGITS: lambda spec: read_digits(spec.seed),
    **dict.fromkeys(SETS, lambda spec: read_torchvision(spec.source)),
}
"""Sources that are not paths. A folder of the same name is reached as `./digits`."""


def load(
    spec: DataSpec, *, pixel_cache: PixelCache | None = None, sink: ProgressSink = silent
) -> Dataset:
    """The images that `spec` names, on the CPU, with its classes, limits, size and channels.

    If there is a `pixel_cache`, encoded images that are too many for memory are decoded into a
    file of it and stay there; `sink` hears of a long decoding. Raises `BadInput` for an unknown
    source, a limit below the number of classes, and anything in the images or labels that would
    make a run fail later.
    """
    wanted = LoadOptions(
        classes=spec.classes,
        limit=Limit(spec.limit, spec.seed, "data.limit"),
        test_limit=Limit(spec.test_limit, spec.seed, "data.test_limit"),
        form=Form(spec.resize, spec.channels),
        pixel_cache=pixel_cache,
        sink=sink,
    )
    if spec.source in NAMED:
        return select_rows(NAMED[spec.source](spec), wanted)
    return _read_path(spec.source, _existing(spec.source), wanted)


def _read_path(name: str, path: Path, wanted: LoadOptions) -> Dataset:
    """By what lies there; what none knows is refused as Parquet, in words that name them all."""
    if holds_parquet(path):
        return read_parquet(name, path, wanted)
    if is_cifar(path):
        return select_rows(read_cifar(name, path), wanted)
    if is_image_folder(path):
        return read_image_folder(name, path, wanted)
    return read_parquet(name, path, wanted)


def _existing(source: str) -> Path:
    try:
        path = Path(source).expanduser()
        if source.strip() and path.exists():
            if not (path.is_dir() or path.is_file()):
                raise BadInput(f"{path} is neither a file nor a folder; name the images themselves")
            return path
    except (OSError, RuntimeError) as error:
        raise BadInput(f"cannot open the data source {source!r}: {error}") from error
    # Late, because it needs PyYAML and only a misspelt name needs it.
    from sem_ray.spec.validation import did_you_mean

    raise BadInput(
        f"no image set {source!r}{did_you_mean(source, NAMED)}: there is no such file or folder, "
        f"and the known names are {', '.join(NAMED)}"
    )
