"""`protect` and `evaluate`: noise for images, and what networks learn from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give
from sem_ray.cli.options import Json, PlaceOptions, SettingOptions, WholeNumber, run_options


@app.command
def protect(
    data: str | None = None,
    /,
    *,
    out: Path,
    method: str | None = None,
    check: bool = True,
    settings: SettingOptions = SettingOptions(),
    place: PlaceOptions = PlaceOptions(),
    json: Json = False,
) -> int:
    """Make noise for the training images of DATA and put it in a folder.

    ```
    sem-ray protect digits --limit 200 --out noise
    sem-ray protect photos --set data.resize=64 --out noise
    sem-ray protect path/to/cifar10 --preset cifar10 --actors 8 --address auto --out noise
    ```

    Parameters
    ----------
    data
        digits, torchvision:CIFAR10, torchvision:CIFAR100, a Parquet file or folder, a folder of
        images with one folder a class, or CIFAR's binary archive. Needed, unless the settings
        give data.source.
    out
        Folder for noise.safetensors, rows.parquet, manifest.json and preview.png.
    method
        sem (the default), rem, em, tap, shortcut or ntga; as `--set noise.method=rem`.
    check
        End with a short check of whether the noise protects: a small network trained on clean and
        on protected images.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.experiment_tables import show_protected
    from sem_ray.cli.console.progress import StageProgress

    with StageProgress() as progress:
        options = run_options(settings, place, progress, method)
        result = api.protect(data, out, check=check, options=options)
    give(result, show_protected, as_json=json)
    return 0


@app.command
def evaluate(
    data: str | None = None,
    /,
    *,
    noise: Path | None = None,
    radius: Annotated[tuple[float, ...], Parameter(negative="")] = (),
    baseline: bool = True,
    seeds: WholeNumber = 1,
    settings: SettingOptions = SettingOptions(),
    place: PlaceOptions = PlaceOptions(),
    json: Json = False,
) -> int:
    """Train victims on DATA, clean and protected, and test them on clean images.

    ```
    sem-ray evaluate digits --noise noise --radius 0 --radius 4
    sem-ray evaluate path/to/cifar10 --preset quick --limit 2500
    ```

    A victim is a network that someone else trains on the images without permission.

    Parameters
    ----------
    data
        As for protect; its test split measures the accuracy. Needed, unless --noise says which
        images it was made for.
    noise
        Folder that protect or import made. Settings it was made with stand in for a preset.
    radius
        Radius of the victims' adversarial training in 1/255, 0 for standard; repeatable.
    baseline
        Train on the clean images as well.
    seeds
        Train every victim with this many seeds; intervals are then over seeds.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.experiment_tables import show_evaluated
    from sem_ray.cli.console.progress import StageProgress

    with StageProgress() as progress:
        options = run_options(settings, place, progress)
        result = api.evaluate(data, noise, radius, baseline=baseline, seeds=seeds, options=options)
    give(result, show_evaluated, as_json=json)
    return 0
