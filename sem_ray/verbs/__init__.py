"""What a user can ask for: one typed function a verb. The command line only calls these."""

from sem_ray.verbs.evaluation import Evaluated, evaluate
from sem_ray.verbs.protection import Protected, protect
from sem_ray.verbs.studies import best, plan, read_study, status, sweep

__all__ = [
    "Evaluated",
    "Protected",
    "best",
    "evaluate",
    "plan",
    "protect",
    "read_study",
    "status",
    "sweep",
]
