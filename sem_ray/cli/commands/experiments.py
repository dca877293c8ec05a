"""`protect` and `evaluate`: noise for images, and what networks learn from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give, say_notice
from sem_ray.cli.options import ActorOptions, Json, SettingOptions


@app.command
def protect(
    data: str | None = None,
    /,
    *,
    out: Path,
    method: str | None = None,
    options: SettingOptions = SettingOptions(),
    sharing: ActorOptions = ActorOptions(),
    json: Json = False,
) -> int:
    """Make noise for the training images of DATA and put it in a folder.

    Example: `sem-ray protect path/to/cifar10 --preset quick --limit 2500 --out noise`

    On a cluster: `sem-ray protect path/to/cifar10 --preset cifar10 --actors 8 --address auto
    --out noise`

    Parameters
    ----------
    data
        digits, torchvision:CIFAR10, torchvision:CIFAR100, a Parquet file or folder, a folder of
        images with one folder a class, or CIFAR's binary archive.
    out
        Folder for noise.safetensors, rows.parquet, manifest.json and preview.png.
    method
        sem (the default), rem, em, tap, shortcut or ntga; as `--set noise.method=rem`.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.experiment_tables import show_protected
    from sem_ray.cli.console.progress import StageProgress

    with StageProgress() as progress:
        result = api.protect(
            data,
            out,
            **options.given(method),
            actors=sharing.chosen(),
            sink=progress,
            on_notice=say_notice,
        )
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
    options: SettingOptions = SettingOptions(),
    sharing: ActorOptions = ActorOptions(),
    json: Json = False,
) -> int:
    """Train victims on DATA, clean and protected, and test them on clean images.

    Example: `sem-ray evaluate path/to/cifar10 --noise noise --radius 0 --radius 2`

    Parameters
    ----------
    data
        As for protect; its test split measures the accuracy.
    noise
        Folder that protect or import made. Settings it was made with stand in for a preset.
    radius
        Radius of the victims' adversarial training in 1/255, 0 for standard; repeatable.
    baseline
        Train on the clean images as well.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import api
    from sem_ray.cli.console.experiment_tables import show_evaluated
    from sem_ray.cli.console.progress import StageProgress

    with StageProgress() as progress:
        result = api.evaluate(
            data,
            noise,
            radius,
            baseline=baseline,
            **options.given(),
            actors=sharing.chosen(),
            sink=progress,
            on_notice=say_notice,
        )
    give(result, show_evaluated, as_json=json)
    return 0
