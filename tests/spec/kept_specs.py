"""Specs as they were written while identities were first recorded: YAML trees of that time."""

from __future__ import annotations

from typing import Any

import yaml

from sem_ray.spec.reading import merged

SURROGATE: dict[str, Any] = {
    "network": "small",
    "steps": 77,
    "batch": 64,
    "learning_rate": 0.2,
    "schedule": "cosine",
    "nesterov": True,
    "radius": 3,
    "attack_steps": 3,
    "attack_step_size": 0.7,
}
ALTERNATING: dict[str, Any] = {
    "steps": 3,
    "step_size": 1.5,
    "samples": 2,
    "perturbation_scale": 0.5,
    "final_steps": 7,
}
OWN: dict[str, Any] = {
    "em": {"class_wise": True, "train_steps": 3, "steps": 4, "step_size": 0.7, "loops": 5},
    "tap": {"epochs": 3, "steps": 9, "restarts": 1},
    "shortcut": {"separation": 7, "norm": 5},
    "ntga": {"predictor": "cnn", "time": 8, "block": 64, "steps": 3},
}
PRESETS: dict[str, dict[str, Any]] = {
    "quick": yaml.safe_load(
        """
augmentation: {kind: crop_flip, padding: 2, flip: true}
noise:
  method: sem
  radius: 8
  steps: 3
  samples: 2
  final_steps: 10
  em: {steps: 10, loops: 20}
  tap: {epochs: 15, steps: 30, restarts: 2}
  ntga: {block: 128}
surrogate:
  network: small
  steps: 300
  batch: 128
  learning_rate: 0.1
  nesterov: true
  schedule: cosine
  radius: 2
  attack_steps: 2
victim:
  network: small
  steps: 300
  batch: 128
  learning_rate: 0.1
  nesterov: true
  schedule: cosine
  radii: [0, 2]
  attack_steps: 10
  evaluations: 6
shards: 4
"""
    ),
    "cifar10": yaml.safe_load(
        """
augmentation: {kind: crop_flip, padding: 4, flip: true}
noise: {method: sem, radius: 8, steps: 10, step_size: 1.6, samples: 5}
surrogate:
  network: resnet18
  steps: 5000
  batch: 128
  learning_rate: 0.1
  decay_every: 2000
  radius: 4
  attack_steps: 10
  attack_step_size: 0.8
victim:
  network: resnet18
  steps: 40000
  batch: 128
  learning_rate: 0.1
  decay_every: 16000
  radii: [0, 1, 2, 3, 4, 6, 8]
  attack_steps: 10
"""
    ),
    "imagenet-subset": yaml.safe_load(
        """
augmentation: {kind: resized_crop, size: 224, flip: true}
noise: {method: sem, radius: 8, steps: 7, step_size: 2, samples: 4}
surrogate:
  network: resnet18-imagenet
  steps: 3000
  batch: 128
  learning_rate: 0.1
  decay_every: 1200
  radius: 4
  attack_steps: 7
  attack_step_size: 1
victim:
  network: resnet18-imagenet
  steps: 40000
  batch: 128
  learning_rate: 0.1
  decay_every: 16000
  radii: [0, 1, 2, 3, 4, 6, 8]
  attack_steps: 10
"""
    ),
}
"""As they were; the ones in sem_ray/presets may change."""
KEPT: dict[str, dict[str, Any]] = {
    "defaults": {},
    **PRESETS,
    "quick, other images and victims": merged(
        PRESETS["quick"], {"data": {"limit": 200}, "victim": {"radii": [4], "steps": 50}}
    ),
    "shared settings": {
        "augmentation": {"kind": "resized_crop", "size": 64},
        "noise": {"radius": 12},
        "surrogate": SURROGATE,
        "precision": "float64",
        "compiled": True,
        "shards": 3,
        "seed": 5,
    },
    "alternating settings": {"noise": ALTERNATING},
    "methods' own settings": {"noise": OWN},
    "every setting": {"noise": {**ALTERNATING, **OWN, "radius": 16}, "surrogate": SURROGATE},
    "one phase": {"noise": {"noise_phase": "adversarial"}},
    "both phases": {"noise": {"noise_phase": "none", "surrogate_phase": "random"}},
    "phases given as null": {"noise": {"noise_phase": None, "surrogate_phase": None}},
    "parity off": {"noise": {"parity": False}},
    "parity drop_last": {"noise": {"parity": {"drop_last": True}}},
    "parity augmented_em": {"noise": {"parity": {"augmented_em": True}}},
    "parity of both": {
        "noise": {**ALTERNATING, "parity": {"drop_last": True, "augmented_em": True}}
    },
}
