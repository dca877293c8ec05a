"""The schedulers by the names that study files give."""

from __future__ import annotations

from sem_ray.studies.definition.early_stopping import EarlyStoppingSpec
from sem_ray.studies.schedulers.asha import Asha
from sem_ray.studies.schedulers.median import MedianStopping
from sem_ray.studies.schedulers.pareto_asha import ParetoAsha
from sem_ray.studies.schedulers.scheduler import Scheduler, StopsNothing


def scheduler_for(spec: EarlyStoppingSpec) -> Scheduler:
    """The scheduler that `spec` names."""
    match spec.scheduler:
        case "asha":
            return Asha(spec.reduction, spec.startup)
        case "median":
            return MedianStopping(spec.startup)
        case "pareto-asha":
            return ParetoAsha(spec.reduction, spec.startup)
        case "none":
            return StopsNothing()
