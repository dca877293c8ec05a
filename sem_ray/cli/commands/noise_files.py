"""`export`, `import` and `verify`: noise and protected images as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give, say_notice
from sem_ray.cli.options import Json


@app.command
def export(
    noise: Path,
    data: str,
    /,
    *,
    out: Path,
    form: Annotated[Literal["parquet", "imagefolder"], Parameter(name="--format")] = "parquet",
    store: Path | None = None,
    json: Json = False,
) -> int:
    """Write the protected images of DATA, pixel by pixel as they are, into a new folder.

    Example: `sem-ray export noise path/to/cifar10 --out protected`

    Images are PNG; JPEG would damage the noise. Images without noise are left out and counted.

    Parameters
    ----------
    noise
        Folder that protect or import made.
    data
        The images it was made for, as for protect.
    out
        Folder that is not there yet, or empty.
    form
        parquet: one file in the Hugging Face image layout, with the ids as paths. imagefolder: a
        folder a class with PNG files, and rows.csv with their ids in order.
    store
        Folder of decoded images instead of SEM_RAY_STORE, where they are too many for memory.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.noise_tables import show_exported
    from sem_ray.cli.console.progress import StageProgress

    with StageProgress() as progress:
        result = api.export(
            noise, data, out, form=form, store=store, sink=progress, on_notice=say_notice
        )
    give(result, show_exported, as_json=json)
    return 0


@app.command(name="import")
def import_noise(
    file: Path,
    /,
    *,
    data: str,
    out: Path,
    radius: float | None = None,
    layout: Literal["nchw", "nhwc"] | None = None,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """Make a noise folder of noise that other code published.

    Example: `sem-ray import sem-fin-def-noise.pkl --data torchvision:CIFAR10 --out noise`

    FILE holds one array: whole numbers in 1/255, or floats in units of [0, 1]. Nothing in it is
    run, pickles included.

    Parameters
    ----------
    file
        A pickled NumPy array (.pkl), .pt, .npy, .npz or .safetensors.
    data
        The training images whose rows the noise has, in their order.
    out
        Folder for noise.safetensors, rows.parquet, manifest.json and preview.png.
    radius
        Radius in 1/255; the largest value unless given.
    layout
        Order of the axes, where the shape leaves it open.
    store
        Folder of decoded images instead of SEM_RAY_STORE, where they are too many for memory.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.noise_tables import show_imported

    result = api.import_noise(
        file, data, out, radius=radius, layout=layout, store=store, on_notice=say_notice
    )
    give(result, show_imported, as_json=json)
    return 0


@app.command
def verify(noise: Path, data: str, /, *, store: Path | None = None, json: Json = False) -> int:
    """Check noise against its images before it is published; exit 1 where a check fails.

    Example: `sem-ray verify noise path/to/cifar10`

    Parameters
    ----------
    noise
        Folder that protect or import made.
    data
        The images it was made for, as for protect.
    store
        Folder of decoded images instead of SEM_RAY_STORE, where they are too many for memory.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.noise_tables import show_verified
    from sem_ray.cli.console.progress import StageProgress

    with StageProgress() as progress:
        result = api.verify(noise, data, store=store, sink=progress)
    give(result, show_verified, as_json=json)
    return 0 if result.ok else 1
