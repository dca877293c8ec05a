"""When a trial of a study is stopped before its end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sem_ray.methods import method_of
from sem_ray.methods.alternating.engine import AlternatingMethod
from sem_ray.metrics.measurement import CLEAN_ACCURACY
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.base import Count, Frozen, Number, Whole
from sem_ray.spec.origin import Origin

Fraction = Annotated[Number, Field(gt=0, lt=1)]


def _ascending(rungs: tuple[float, ...]) -> tuple[float, ...]:
    if any(later <= earlier for earlier, later in pairwise(rungs)):
        raise ValueError("rungs must ascend, as [0.25, 0.5]")
    return rungs


class EarlyStoppingSpec(Frozen):
    """At which points of a trial it is measured, and who decides there whether it goes on."""

    scheduler: Literal["asha", "median", "pareto-asha", "none"] = "asha"
    """`asha` and `median` look at the one objective, `pareto-asha` at all of them; `none` measures
    at the rungs and stops nothing, so that `sem-ray fidelity` can say what a rung is worth."""
    stage: Literal["surrogate", "victim"] = "surrogate"
    """Whose steps a rung is a fraction of."""
    rungs: Annotated[tuple[Fraction, ...], Field(min_length=1), AfterValidator(_ascending)] = (
        0.25,
        0.5,
    )
    """Fractions of the stage's steps."""
    reduction: Annotated[Whole, Field(ge=2, le=10)] = 3
    """η: about one configuration in η goes on from a rung. Not read by `median`."""
    startup: Count = 4
    """Configurations that a rung must have seen before one is stopped there."""
    victim_steps: Fraction = 0.25
    """Fraction of the victim's steps that the short victim at a rung of the surrogate trains."""

    def step_of(self, rung: int, steps: int) -> int:
        """The step of rung `rung`, counted from 0, in a run of `steps`: at least the first."""
        return max(round(self.rungs[rung] * steps), 1)

    def short(self, steps: int) -> int:
        """Steps of the short victim, if a whole one has `steps`."""
        return max(round(self.victim_steps * steps), 1)


def refuse_unfit(spec: EarlyStoppingSpec, metrics: Sequence[str], origin: Origin) -> None:
    """Raise `BadInput` with the place if the scheduler looks at one objective of several, or an
    objective is not measured at rungs."""
    if len(metrics) > 1 and spec.scheduler in ("asha", "median"):
        raise origin.fault(
            ("early_stopping", "scheduler"),
            f"early_stopping.scheduler: {spec.scheduler} looks at one objective, and the study has "
            f"{len(metrics)}; take pareto-asha",
        )
    for number, metric in enumerate(metrics):
        if metric.startswith(CLEAN_ACCURACY):
            raise origin.fault(
                ("objectives", str(number), "metric"),
                f"early_stopping: {metric} is not measured at rungs, where no victim is trained on "
                "clean images; optimise another measurement, or drop early_stopping",
            )


def require_surrogate_steps(
    spec: EarlyStoppingSpec | None, experiment: ExperimentSpec, origin: Origin
) -> None:
    """Raise `BadInput` with the place if rungs are to be steps of a surrogate that has none."""
    method = method_of(experiment)
    if spec and spec.stage == "surrogate" and not isinstance(method, AlternatingMethod):
        raise origin.fault(
            ("early_stopping", "stage"),
            f"early_stopping.stage: {method.name} makes no noise before its end, as sem and rem "
            "can; take stage: victim",
        )
