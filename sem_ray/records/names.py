"""The names that runs have in MLflow. Stores and servers hold them: they are never renamed."""

from __future__ import annotations

from typing import Literal

EXPERIMENT = "sem-ray"
"""The one experiment that everything is recorded in."""

KEY_TAG = "sem_ray.study_key"
"""Of a study's own run: a key that no other study has, not even one of its name elsewhere."""
OF_TAG = "sem_ray.of"
"""Of every run below a study's own: that study's key."""
TRIAL_TAG = "sem_ray.trial"
"""The key of a run below a study's own: `quick/12` of a trial, `quick/configuration 12`."""
STUDY_TAG = "sem_ray.study"
"""The study's name, on all its runs."""
LEVEL_TAG = "sem_ray.level"
KIND_TAG = "sem_ray.kind"
SPEC_TAG = "sem_ray.spec"
"""The whole experiment, as JSON."""
NOISE_TAG = "sem_ray.noise_identity"
ERROR_TAG = "sem_ray.error"
CONFIGURATION_TAG = "sem_ray.configuration"
REPLICATE_TAG = "sem_ray.replicate"
SEEDS_TAG = "sem_ray.seeds"
"""Of a configuration: the seeds that its means are over, as JSON."""
BEST_TAG = "sem_ray.best"
"""Of a study: the number of the configuration that leads."""
OBJECTIVES_TAG = "sem_ray.objectives"
"""Of a study: metric → direction, as JSON, the first one first."""
PRUNED_TAG = "sem_ray.pruned_at"
"""Of a trial that was stopped at a rung: the rung, as a fraction of the stage's steps."""
ATTEMPTS_TAG = "sem_ray.attempts"
"""How often a trial was given out, if it was lost on the way."""

PARENT_TAG = "mlflow.parentRunId"
NOTE_TAG = "mlflow.note.content"

Level = Literal["study", "result", "replicate"]
"""A *result* is what people compare: a configuration (means over its seeds), or a trial of a study
in which each has one seed. A *replicate* is one seed's run below a result."""
Kind = Literal["study", "configuration", "trial"]
Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]
