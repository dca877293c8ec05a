"""The measurements that want a GPU, one after the other, as many as the time allows.

Each writes `NAME.json` under the output folder when it is done; the next call goes on with the next
missing one, from its checkpoint where it was cut off. Needs torch, numpy, pyarrow, pillow,
pydantic, pyyaml and safetensors; no Ray. `benchmarks/gpu/run.sh` calls it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.harness.machine import description
from benchmarks.speed import pass_counts
from sem_ray.checkpoint import Checkpoint, OutOfTime
from sem_ray.data import (
    Dataset,
    ImageSet,
    Manifest,
    Noise,
    load,
    protected,
    read_noise,
    write_noise,
)
from sem_ray.devices import pick_device
from sem_ray.methods import noise_identity
from sem_ray.methods.generation import generate
from sem_ray.progress import Progress
from sem_ray.spec import DataSpec, ExperimentSpec
from sem_ray.spec.reading import merged, overrides, preset
from sem_ray.spec.validation import validated
from sem_ray.victims import train_victim

START_ANEW = 20.0
"""Seconds left below which no further measurement is begun."""


class Session:
    """One call: its settings, its time, its folder."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self.chosen = chosen
        self.out: Path = chosen.out
        self.until = time.monotonic() + 60 * chosen.minutes
        self.device = pick_device(chosen.device)
        change = {"precision": chosen.precision}
        tree = merged(preset(chosen.preset), change, overrides(chosen.set))
        self.spec = validated(ExperimentSpec, tree, "gpu benchmark")
        self._said = 0.0

    def measurements(self) -> dict[str, Callable[[], dict[str, Any]]]:
        """By name, in order."""
        victims = {
            f"victim-{side}-{radius:g}": lambda side=side, radius=radius: self.victim(side, radius)
            for radius in self.chosen.radii
            for side in ("protected", "clean")
        }
        steps = {"phases": self.phases, "streaming": self.streaming}
        return {"engine": self.engine, "generation": self.generation, **victims, **steps}

    def engine(self) -> dict[str, Any]:
        """Fractions of the matrix-product peak."""
        compiled = ["--compiled"] if self.device.type == "cuda" else []
        return self.rates("speed.engine", "--batch", str(self.spec.surrogate.batch), *compiled)

    def phases(self) -> dict[str, Any]:
        """A step of REM beside one of SEM."""
        return self.rates("speed.rem_against_sem", "--batch", str(self.spec.surrogate.batch))

    def streaming(self) -> dict[str, Any]:
        """Steps on images that lie elsewhere, of a size at which reading counts."""
        size = ["--batch", "32", "--images", "2048", "--size", str(self.chosen.streamed)]
        return self.rates("speed.streaming", *size)

    def rates(self, module: str, *words: str) -> dict[str, Any]:
        """What a benchmark of steps finds, in a process of its own."""
        command = [sys.executable, "-m", f"benchmarks.{module}", "--json", *words]
        command += ["--preset", self.chosen.preset, "--device", self.chosen.device]
        left = max(self.until - time.monotonic(), 1)
        done = subprocess.run(command, capture_output=True, text=True, timeout=left, check=True)
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def generation(self) -> dict[str, Any]:
        """Noise for the whole set."""
        images = self.data().train
        made = generate(
            self.spec,
            images,
            device=self.device,
            sink=self.say,
            checkpoint=self.checkpoint("generation"),
        )
        self.keep(images, made.noise, made.seconds)
        classes, shape = len(images.classes), images.shape
        flops = pass_counts.sem_step(self.spec, classes, shape).flops * self.spec.surrogate.steps
        flops += pass_counts.final_pass(self.spec, classes, shape, len(images)).flops
        return {"seconds": made.seconds, "flops": flops, "flop_per_second": flops / made.seconds}

    def victim(self, side: str, radius: float) -> dict[str, Any]:
        """One victim's accuracy on clean test images."""
        data = self.data()
        train = data.train
        if side == "protected":
            train = protected(train, read_noise(self.out / "noise"))
        victim = train_victim(
            self.spec,
            radius,
            train,
            data.require_test(),
            device=self.device,
            sink=self.say,
            checkpoint=self.checkpoint(f"victim-{side}-{radius:g}"),
        )
        work = pass_counts.victim_step(self.spec, radius, len(train.classes), train.shape)
        flops = work.flops * self.spec.victim.steps
        return {
            "last": victim.last,
            "best": victim.best,
            "curve": victim.curve,
            "seconds": victim.seconds,
            "flops": flops,
            "flop_per_second": flops / victim.seconds,
        }

    def settings(self) -> dict[str, Any]:
        """What every measurement of one output folder shares."""
        data = {"source": Path(self.chosen.data).name, "limit": self.chosen.limit}
        return {"data": data, "spec": self.spec.model_dump(mode="json", exclude={"data"})}

    def require_same(self) -> None:
        """Checkpoints and results of other settings must not be gone on with."""
        file = self.out / "session.json"
        text = json.dumps(self.settings(), indent=2) + "\n"
        if not file.exists():
            file.write_text(text, encoding="utf-8")
        elif file.read_text(encoding="utf-8") != text:
            sys.exit(f"{self.out} holds measurements of other settings; name another --out")

    def data(self) -> Dataset:
        return load(DataSpec(source=self.chosen.data, limit=self.chosen.limit))

    def checkpoint(self, name: str) -> Checkpoint:
        return Checkpoint(self.out / f"{name}.checkpoint", until=self.until)

    def keep(self, images: ImageSet, noise: torch.Tensor, seconds: float) -> None:
        manifest = Manifest(
            fingerprint=images.fingerprint,
            radius=self.spec.noise.radius,
            method=self.spec.noise.method,
            spec=self.spec.model_dump(mode="json"),
            identity=noise_identity(self.spec, images.fingerprint),
            seconds=seconds,
            sem_ray_version="benchmark",
        )
        folder = self.out / "noise"
        folder.mkdir(exist_ok=True)
        write_noise(folder, Noise.made_for(images, noise, manifest))

    def say(self, progress: Progress) -> None:
        """A line every half minute."""
        if time.monotonic() - self._said > 30:
            self._said = time.monotonic()
            print(f"{progress.stage}: {progress.done} of {progress.total}", flush=True)


def run(session: Session) -> None:
    """Every missing measurement, until the time is over."""
    for name, measure in session.measurements().items():
        file = session.out / f"{name}.json"
        if file.is_file():
            continue
        if session.until - time.monotonic() < START_ANEW:
            print(f"{name}: left for the next call")
            return
        print(f"{name}: begun", flush=True)
        try:
            result = {"machine": description(), "session": session.settings(), **measure()}
        except (OutOfTime, subprocess.TimeoutExpired):
            print(f"{name}: out of time; the next call goes on with it")
            return
        except subprocess.CalledProcessError as error:
            print(f"{name}: failed: {(error.stderr or 'no word').strip().splitlines()[-1]}")
            continue
        file.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        session.checkpoint(name).remove()


def show(session: Session) -> None:
    """The short table."""
    print(f"{'measurement':24} {'seconds':>9} {'TFLOP/s':>9} {'accuracy %':>11}")
    for name in session.measurements():
        file = session.out / f"{name}.json"
        if not file.is_file():
            print(f"{name:24} {'missing':>9}")
            continue
        found = json.loads(file.read_text(encoding="utf-8"))
        for row in found.get("variants", [found]):
            label = row.get("variant", name)
            accuracy = f"{row['last']:.2f}" if "last" in row else ""
            rate = f"{row['flop_per_second'] / 1e12:.2f}" if "flop_per_second" in row else ""
            print(f"{label:24} {row['seconds']:9.3f} {rate:>9} {accuracy:>11}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", required=True, help="CIFAR-10 as Parquet")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--preset", default="cifar10")
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--radii", type=float, nargs="+", default=[0, 4])
    parser.add_argument("--limit", type=int)
    parser.add_argument("--streamed", type=int, default=96, help="side of images that stream")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    session = Session(parser.parse_args())
    session.out.mkdir(parents=True, exist_ok=True)
    session.require_same()
    run(session)
    show(session)


if __name__ == "__main__":
    main()
