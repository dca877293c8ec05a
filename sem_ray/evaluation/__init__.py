"""Whether noise protects: victims' accuracies compared, with intervals and a verdict."""

from sem_ray.evaluation.comparison import Answer, Comparison, chance_level, compared
from sem_ray.evaluation.protection_check import ShortCheck, can_check, short_check

__all__ = [
    "Answer",
    "Comparison",
    "ShortCheck",
    "can_check",
    "chance_level",
    "compared",
    "short_check",
]
