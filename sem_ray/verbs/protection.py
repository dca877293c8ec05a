"""`protect`: noise for a set of images, as files that describe themselves."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sem_ray.data import ImageSet, load, read_noise
from sem_ray.devices import pick_device
from sem_ray.errors import BadInput, writing_to
from sem_ray.figures.preview import contact_sheet
from sem_ray.progress import ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import noise_identity
from sem_ray.stages import noise_for
from sem_ray.store import Store, whole_folder
from sem_ray.verbs.settings import Settings, remarks, resolve

PREVIEW = "preview.png"


@dataclass(frozen=True)
class Protected:
    """Where the noise is, and what it is."""

    folder: Path
    identity: str
    fingerprint: str
    images: int
    radius: float
    """1/255."""
    seconds: float
    """Wall time of the generation, when it was made."""
    reused: bool
    """Whether the store had it already."""
    spec: ExperimentSpec
    remarks: tuple[str, ...]


def protect(
    data: str | None = None,
    out: Path | str = "noise",
    *,
    preset: str | None = None,
    config: Path | None = None,
    settings: Settings = (),
    limit: int | None = None,
    seed: int | None = None,
    device: str = "auto",
    store: Path | str | None = None,
    sink: ProgressSink = silent,
) -> Protected:
    """Make noise for the training images of `data` and put it in the folder `out`.

    data: `digits`, `torchvision:CIFAR10`, or a Parquet file or folder; None takes the settings'.
    Noise that the store holds already is copied, not made again. Raises `BadInput`, `WorkFailed`.
    """
    spec = resolve(
        data, preset_name=preset, config=config, settings=settings, limit=limit, seed=seed
    )
    where = pick_device(device)
    target = Path(out).absolute()
    _require_free(target)
    shelf = Store.open(store)
    images = load(spec.data).train
    identity = noise_identity(spec, images.fingerprint)
    _require_same(target, identity)
    reused = shelf.find("noise", identity) is not None
    made = noise_for(spec, images, shelf, device=where, sink=sink)
    _publish(made, images, target)
    manifest = read_noise(target).manifest
    return Protected(
        folder=target,
        identity=identity,
        fingerprint=images.fingerprint,
        images=len(images),
        radius=manifest.radius,
        seconds=manifest.seconds,
        reused=reused,
        spec=spec,
        remarks=remarks(spec),
    )


def _require_free(target: Path) -> None:
    """Nothing but noise is ever replaced."""
    if target.is_dir() and (not any(target.iterdir()) or (target / "manifest.json").is_file()):
        return
    if target.exists():
        raise BadInput(f"{target} exists and holds no noise; name another folder with --out")


def _require_same(target: Path, identity: str) -> None:
    if not (target / "manifest.json").is_file():
        return
    present = read_noise(target).manifest.identity
    if present != identity:
        raise BadInput(
            f"{target} holds other noise ({present}, not {identity}); "
            "name another folder with --out, or remove that one"
        )


def _publish(made: Path, images: ImageSet, target: Path) -> None:
    way_out = "name a folder you can write with --out"
    with writing_to(target, way_out), whole_folder(target) as aside:
        shutil.copytree(made, aside, dirs_exist_ok=True)
        contact_sheet(images, read_noise(made)).save(aside / PREVIEW)
