r"""Real curves: what configurations measure at rungs of their surrogate and of their victim, and in
the end, with the passes each took.

    python -m benchmarks.studies.record_curves --configurations 32 --out FILE.json

They are random settings of a small network on scikit-learn's digits, one seed each, none stopped.
A pass is one gradient at one image; passes are counted over each training image, on average.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.harness.machine import description
from sem_ray.data import read_noise
from sem_ray.metrics.measurement import TEST_ACCURACY, metric_key
from sem_ray.pipeline import OnDevice, evaluate_noise, noise_for
from sem_ray.pipeline.experiment import Accuracy
from sem_ray.pipeline.pass_counts import generation_passes
from sem_ray.pipeline.rungs import RungExperiment
from sem_ray.rng import numpy_generator
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged, nested
from sem_ray.store import Store
from sem_ray.victims.train import victim_passes

RUNGS = (0.125, 0.25, 0.5)
SHORT = 0.125
"""Of the victim's steps: the short victim at a rung of the surrogate."""
RADIUS = 4.0
BASE: dict[str, Any] = {
    "data": {"source": "digits", "resize": 16, "channels": 1},
    "augmentation": {"kind": "crop_flip", "padding": 0, "flip": False},
    "noise": {"samples": 1, "final_steps": 3},
    "surrogate": {"network": "tiny", "steps": 40, "attack_steps": 2, "schedule": "cosine"},
    "victim": {
        "network": "tiny",
        "steps": 256,
        "attack_steps": 2,
        "schedule": "cosine",
        "radii": [RADIUS],
        "evaluations": 1,
    },
    "shards": 1,
}


def settings(number: int) -> dict[str, Any]:
    """The settings of configuration `number`, by dotted path."""
    random = numpy_generator(0, "curves", number)
    return {
        "noise.radius": int(random.choice([8, 12, 16, 24, 32])),
        "noise.steps": int(random.integers(1, 4)),
        "noise.perturbation_scale": float(random.choice([0.0, 0.5, 1.0, 2.0])),
        "surrogate.radius": int(random.integers(0, 9)),
        "surrogate.learning_rate": round(float(np.exp(random.uniform(-5, -1))), 4),
    }


def experiment(values: dict[str, Any]) -> ExperimentSpec:
    trees = [nested(path, value) for path, value in values.items()]
    return ExperimentSpec.model_validate(merged(BASE, *trees))


def metrics(accuracies: tuple[Accuracy, ...], folder: Path) -> dict[str, float]:
    """The victim's accuracy in %, and the noise's root mean square in 1/255."""
    noise = read_noise(folder).values.float()
    victim = accuracies[0].protected
    if victim is None:
        raise ValueError("no victim was trained on protected images")
    key = metric_key(TEST_ACCURACY, RADIUS)
    return {
        key: round(victim.last, 3),
        "noise_rms": round(float(noise.square().mean().sqrt()), 4),
    }


def one(number: int, store: Store) -> dict[str, Any]:
    """The curves of one configuration."""
    values = settings(number)
    spec = experiment(values)
    backend = OnDevice(torch.device("cpu"))
    run = RungExperiment.begin(spec, store, (RADIUS,), backend=backend)
    images = len(run.data.train)
    generation, victim = generation_passes(spec, images), victim_passes(spec, RADIUS, images)
    steps, short = spec.surrogate.steps, round(SHORT * spec.victim.steps)
    surrogate_rungs, victim_rungs = [], []
    for rung in RUNGS:
        made = run.at_surrogate_step(round(rung * steps), short)
        surrogate_rungs.append(
            {
                "metrics": metrics(made.accuracies, made.noise_folder),
                "passes": round(rung * generation.first, 2),
                "extra_passes": round(generation.rest + SHORT * victim, 2),
            }
        )
    for rung in RUNGS:
        made = run.at_victim_step(round(rung * spec.victim.steps))
        victim_rungs.append(
            {
                "metrics": metrics(made.accuracies, made.noise_folder),
                "passes": round(generation.total + rung * victim, 2),
                "extra_passes": 0.0,
            }
        )
    folder = noise_for(spec, run.data.train, store, backend=backend).folder
    noise = read_noise(folder)
    ended = evaluate_noise(spec, run.data, store, noise, (RADIUS,), baseline=False, backend=backend)
    return {
        "configuration": number,
        "values": values,
        "surrogate": surrogate_rungs,
        "victim": victim_rungs,
        "final": {
            "metrics": metrics(ended, folder),
            "passes": round(generation.total + victim, 2),
        },
    }


def main() -> None:
    """Record the curves, and show how each ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--configurations", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    curves = []
    for number in range(options.configurations):
        with tempfile.TemporaryDirectory() as folder:
            curves.append(one(number, Store.open(folder)))
        print(json.dumps(curves[-1]["final"]), flush=True)
        found = {"machine": description(), "rungs": RUNGS, "short": SHORT, "curves": curves}
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
