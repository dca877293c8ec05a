"""The samplers by the names that study files give.

Each is seeded by the study's seed and the configuration's number only, so a restarted sweep goes on
from where it was and never proposes its first configurations again.
"""

from __future__ import annotations

from collections.abc import Callable

from optuna.samplers import BaseSampler

from sem_ray.studies.definition.sampler import SamplerName
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.samplers.evolution_strategy import ReplayedCMA
from sem_ray.studies.samplers.gaussian_process import SeededGP
from sem_ray.studies.samplers.genetic import Genetic
from sem_ray.studies.samplers.stateless import GridByNumber, RandomByNumber, SobolByNumber
from sem_ray.studies.samplers.tpe import SeededTPE

SAMPLERS: dict[SamplerName, Callable[[StudySpec], BaseSampler]] = {
    "tpe": SeededTPE,
    "nsga2": Genetic,
    "nsga3": Genetic,
    "gp": SeededGP,
    "cmaes": ReplayedCMA,
    "random": RandomByNumber,
    "qmc": SobolByNumber,
    "grid": GridByNumber,
}


def sampler_for(spec: StudySpec) -> BaseSampler:
    """A fresh sampler; it holds no state that a restart would lose."""
    return SAMPLERS[spec.sampler.name](spec)
