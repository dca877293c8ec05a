r"""What streaming costs: steps on images that lie on the device, in host memory, in a mapped file.

    python -m benchmarks.speed.streaming --preset quick --batch 64 --images 2000 --size 64 \
        --threads 1

Hypothesis: reading ahead hides the reading, so that steps take the same time within 5%, even a
standard victim's, which asks for images most often: one pass for each.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.harness import rates, timing
from benchmarks.harness.machine import description
from sem_ray.data.image_set import Rows
from sem_ray.data.pixels.arrow_file import ArrowLayout, open_writable, write_blank
from sem_ray.data.pixels.memory_mapped import Mapped
from sem_ray.devices import pick_device
from sem_ray.methods.alternating.engine import Engine
from sem_ray.spec import ExperimentSpec
from sem_ray.victims import VictimSteps

CPU = torch.device("cpu")
READ_BATCH = 128
Begin = Callable[[ExperimentSpec, Rows], Engine | VictimSteps]


class Steps:
    """One step after the other, so that what is read ahead is what comes."""

    def __init__(self, work: Engine | VictimSteps) -> None:
        self.work, self.done = work, 0

    def __call__(self) -> None:
        self.work.step(self.done)
        self.done += 1


def measured(chosen: argparse.Namespace, device: torch.device, folder: Path) -> dict[str, Any]:
    """Everything, from one run."""
    spec, host = rates.experiment(chosen, chosen.precisions[0]), rates.images(chosen, CPU)
    places = filed(host, folder / "images.arrow")
    mapped = Rows(Mapped.whole(places.file), host.labels, host.classes)
    homes = {
        "on the device": host.to(device, stream=False),
        "in host memory": host.to(device, stream=True),
        "in a file": mapped.to(device, stream=True),
    }
    variants = []
    begins: dict[str, Begin] = {"standard victim": victim, "noise step": Engine}
    for name, begin in begins.items():
        works: dict[str, timing.Work] = {
            home: Steps(begin(spec, rows)) for home, rows in homes.items()
        }
        seconds = timing.interleaved(works, chosen.rounds, device)
        first = seconds["on the device"]
        variants += [row(f"{name}, images {home}", own, first) for home, own in seconds.items()]
    return {
        "machine": description(),
        "preset": chosen.preset,
        "images": [len(host), *host.shape],
        "variants": variants,
        "reading": reading(places),
    }


def victim(spec: ExperimentSpec, rows: Rows) -> VictimSteps:
    return VictimSteps(spec, 0, rows)


def filed(rows: Rows, file: Path) -> ArrowLayout:
    places = write_blank(file, len(rows), rows.shape)
    open_writable(places)[0][:] = rows.images[:].numpy()
    return places


def row(name: str, seconds: list[float], first: list[float]) -> dict[str, Any]:
    """`ratio` is that of rounds side by side."""
    pairs = zip(seconds, first, strict=True)
    return {
        "variant": name,
        "seconds": timing.median(seconds),
        "ratio": timing.median([own / resident for own, resident in pairs]),
    }


def reading(places: ArrowLayout) -> dict[str, float]:
    """Images a second of shuffled batches: from the disk, then again from the system's cache."""
    with places.file.open("rb") as stream:
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    order = torch.randperm(places.count, generator=torch.Generator().manual_seed(0))
    whole = Mapped.whole(places.file)
    batches = order.split(READ_BATCH)  # type: ignore[no-untyped-call]
    work = partial(_read, whole, batches)
    return {name: places.count / timing.seconds(work, CPU) for name in ("cold", "warm")}


def _read(images: Mapped, batches: tuple[torch.Tensor, ...]) -> None:
    for batch in batches:
        images[batch]


def main() -> None:
    chosen = rates.parsed(rates.options((__doc__ or "").splitlines()[0]))
    with tempfile.TemporaryDirectory(dir=".") as folder:
        result = measured(chosen, pick_device(chosen.device), Path(folder))
    rates.report(chosen, result, f"{result['preset']}: streaming")


if __name__ == "__main__":
    main()
