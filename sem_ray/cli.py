"""The command line: verbs only. Each parses, calls the typed function of its name, and shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from sem_ray import __version__
from sem_ray.errors import BadInput, SemRayError
from sem_ray.terminal.options import ActorOptions, Json, SettingOptions
from sem_ray.terminal.output import give, say, say_error, say_remark

INTERRUPTED = 130

# Before torch is imported: idle OpenMP threads must not spin on the cores of a neighbouring run.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

app = App(
    name="sem-ray",
    version=__version__,
    help="""Make images unlearnable with stable error-minimizing noise, and find out how best.

```
sem-ray protect digits --out noise
sem-ray evaluate digits --noise noise --radius 0 --radius 4
sem-ray verify noise digits
sem-ray export noise digits --out protected
sem-ray sweep search_spaces/quick.yaml
sem-ray best quick > best.yaml
sem-ray protect digits --config best.yaml --out best-noise
```

State lives in ./sem-ray-store, or where SEM_RAY_STORE points. Exit status: 0 well, 1 the work
failed, 2 bad input.""",
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # `run` says what an interrupt leaves
)


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
    from sem_ray import verbs
    from sem_ray.terminal.progress import StageProgress
    from sem_ray.terminal.reports import show_protected

    with StageProgress() as progress:
        result = verbs.protect(
            data,
            out,
            preset=options.preset,
            config=options.config,
            settings=_with_method(options.set_, method),
            limit=options.limit,
            seed=options.seed,
            device=options.device,
            actors=sharing.chosen(),
            stream=options.stream,
            store=options.store,
            sink=progress,
            on_remark=say_remark,
        )
    give(result, show_protected, as_json=json)
    return 0


def _with_method(settings: tuple[str, ...], method: str | None) -> tuple[str, ...]:
    return settings if method is None else (*settings, f"noise.method={method}")


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
    from sem_ray import verbs
    from sem_ray.terminal.progress import StageProgress
    from sem_ray.terminal.reports import show_evaluated

    with StageProgress() as progress:
        result = verbs.evaluate(
            data,
            noise,
            radius,
            baseline=baseline,
            preset=options.preset,
            config=options.config,
            settings=options.set_,
            limit=options.limit,
            seed=options.seed,
            device=options.device,
            actors=sharing.chosen(),
            stream=options.stream,
            store=options.store,
            sink=progress,
            on_remark=say_remark,
        )
    give(result, show_evaluated, as_json=json)
    return 0


@app.command
def export(
    noise: Path,
    data: str,
    /,
    *,
    out: Path,
    form: Annotated[Literal["parquet", "imagefolder"], Parameter(name="--format")] = "parquet",
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
    json
        Print one JSON object on stdout.
    """
    from sem_ray import verbs
    from sem_ray.terminal.noise_reports import show_exported
    from sem_ray.terminal.progress import StageProgress

    with StageProgress() as progress:
        result = verbs.export(noise, data, out, form=form, sink=progress, on_remark=say_remark)
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
    method
        sem (the default), rem, em, tap, shortcut or ntga; as `--set noise.method=rem`.
    radius
        Radius in 1/255; the largest value unless given.
    layout
        Order of the axes, where the shape leaves it open.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import verbs
    from sem_ray.terminal.noise_reports import show_imported

    result = verbs.import_noise(file, data, out, radius=radius, layout=layout, on_remark=say_remark)
    give(result, show_imported, as_json=json)
    return 0


@app.command
def verify(noise: Path, data: str, /, *, json: Json = False) -> int:
    """Check noise against its images before it is published; exit 1 where a check fails.

    Example: `sem-ray verify noise path/to/cifar10`

    Parameters
    ----------
    noise
        Folder that protect or import made.
    data
        The images it was made for, as for protect.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import verbs
    from sem_ray.terminal.noise_reports import show_verified
    from sem_ray.terminal.progress import StageProgress

    with StageProgress() as progress:
        result = verbs.verify(noise, data, sink=progress)
    give(result, show_verified, as_json=json)
    return 0 if result.ok else 1


@app.command
def sweep(
    file: Path,
    /,
    *,
    trials: int | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    store: Path | None = None,
    json: Json = False,
) -> int:
    """Run the study in FILE, or go on with it; trials run side by side on what the machine has.

    Example: `sem-ray sweep search_spaces/quick.yaml --trials 8`

    Parameters
    ----------
    file
        Search space in YAML.
    trials
        Finished trials to reach, instead of the file's.
    dry_run
        Show what would run, and write nothing.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import verbs
    from sem_ray.terminal.studies import Swept, show_plan, show_sweep
    from sem_ray.terminal.sweep_progress import SweepProgress

    study = verbs.read_study(file)
    if dry_run:
        planned = verbs.plan(study, trials=trials)
        give(planned, show_plan, as_json=json)
        return 0
    with SweepProgress() as progress:
        result = verbs.sweep(study, trials=trials, store=store, on_event=progress)
    status = verbs.status(study.name, store=store)
    winner = verbs.best(study.name, store=store) if status.complete else None
    for remark in verbs.remarks(winner.spec) if winner else ():
        say_remark(remark)
    give(Swept(result, status, winner), show_sweep, as_json=json)
    return 0 if result.ok else 1


@app.command
def status(study: str, /, *, store: Path | None = None, json: Json = False) -> int:
    """Every trial of a study: its settings, state, accuracies and times.

    Example: `sem-ray status quick`

    Parameters
    ----------
    study
        Name of the study, as its search space file gives it.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import verbs
    from sem_ray.terminal.studies import show_status

    found = verbs.status(study, store=store)
    give(found, show_status, as_json=json)
    return 0


@app.command
def best(study: str, /, *, store: Path | None = None, json: Json = False) -> int:
    """The best configuration of a study, as YAML that `protect --config` takes.

    Example: `sem-ray best quick > best.yaml`

    Parameters
    ----------
    study
        Name of the study, as its search space file gives it.
    store
        Folder of artifacts and records instead of SEM_RAY_STORE.
    json
        Print one JSON object on stdout.
    """
    from sem_ray import verbs
    from sem_ray.terminal.studies import show_best

    found = verbs.best(study, store=store)
    for remark in verbs.remarks(found.spec):
        say_remark(remark)
    give(found, show_best, as_json=json)
    return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """The program: runs a verb and exits with its status."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """The exit status of one command line: 0, 1 where the work failed, 2 for bad input."""
    try:
        result = app(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        say_error(f"{error} (see sem-ray --help)")
        return BadInput.exit_code
    except SemRayError as error:
        say_error(str(error))
        return error.exit_code
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("sem_ray"):
            raise
        say_error(f"this needs {error.name}, which is missing: pip install 'sem-ray[all]'")
        return BadInput.exit_code
    except KeyboardInterrupt:
        say("interrupted; what was finished is kept, and the same command goes on from there")
        return INTERRUPTED
    return result if isinstance(result, int) else 0
