"""What a sweep would do and cost, without doing or writing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch

from sem_ray.data.sources.extent import extent_of
from sem_ray.devices import pick_device, settled
from sem_ray.machine import machine_kind
from sem_ray.spec import ExperimentSpec
from sem_ray.store import Store
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.dry_run import require_runnable, target_of
from sem_ray.studies.plan.cost import Cost, Devices, cost_of
from sem_ray.studies.plan.earlier import Earlier
from sem_ray.studies.plan.foreseen import Foreseen
from sem_ray.studies.plan.placing import devices_of
from sem_ray.studies.plan.probe import seconds_a_pass
from sem_ray.studies.plan.rates import Rate, Rates, recorded, with_measured
from sem_ray.studies.plan.work import StageWork, kinds, work_of

SHOWN = 8
"""Proposals a plan lists at most."""

Measure = Callable[[StageWork, torch.device, int], float]


@dataclass(frozen=True)
class SweepPlan:
    """A sweep before its first trial, or before it goes on."""

    study: str
    trials: int
    """Configurations to finish, those that are finished already included."""
    seeds: tuple[int, int]
    """Fewest and most seeds of a configuration."""
    confirming: int
    """Further seeds of the winner."""
    settings: Mapping[str, str]
    """Searched path → what it may be, in words."""
    combinations: int | None
    """How many different configurations there are; None if a range is continuous."""
    proposals: tuple[Values, ...]
    """The first configurations' values, as far as they do not depend on results."""
    exact: bool
    """Whether the work is that of the very configurations that will run, and no estimate."""
    finished: int
    """Trials of the study that are finished; the work is what is left."""
    least: Cost
    """If no configuration gets more seeds than it must."""
    most: Cost
    """If as many as may get all seeds."""
    device: str
    """What a trial takes, why, and how many run at once, in words."""
    machine: str
    """The kind that rates are of."""
    rates: tuple[Rate, ...]
    budget: Mapping[str, float]
    """Limits of the study."""


def plan(
    spec: StudySpec,
    store: Store | None = None,
    *,
    trials: int | None = None,
    measure: Measure | None = seconds_a_pass,
) -> SweepPlan:
    """What `run_sweep` would do with this study in `store`. Rates that no trial recorded there are
    measured by `measure`, in seconds; None leaves them and what follows from them out.

    Raises `BadInput` as `run_sweep` would, for a study of the same name that searches something
    else, too.
    """
    target = target_of(spec, trials)
    require_runnable(spec)
    earlier = Earlier.of(spec, store)
    planner = _Planner(spec, Foreseen.of(spec, target), earlier, devices_of(spec))
    rates = planner.rates(measure)
    runs = spec.runs_each
    return SweepPlan(
        study=spec.name,
        trials=target,
        seeds=(runs.min, runs.max),
        confirming=runs.confirm,
        settings={path: str(distribution) for path, distribution in spec.search.items()},
        combinations=spec.grid_size or None,
        proposals=_shown(spec, planner.foreseen),
        exact=planner.foreseen.exact,
        finished=len(earlier.finished),
        least=planner.cost(planner.foreseen.least(), rates),
        most=planner.cost(planner.foreseen.most(), rates),
        device=planner.devices.notice,
        machine=planner.machine,
        rates=tuple(rates.values()),
        budget={k: v for k, v in spec.budget.model_dump(mode="json").items() if v},
    )


def _shown(spec: StudySpec, foreseen: Foreseen) -> tuple[Values, ...]:
    """Of samplers that learn, what they draw before they have learnt anything."""
    learns = spec.sampler.name in ("tpe", "gp") and not spec.points
    known = spec.sampler.startup_trials if learns else SHOWN
    return foreseen.configurations[: min(known, SHOWN)]


class _Planner:
    """What the work of a study is weighed with."""

    def __init__(
        self, spec: StudySpec, foreseen: Foreseen, earlier: Earlier, devices: Devices
    ) -> None:
        self.spec, self.foreseen, self.earlier, self.devices = spec, foreseen, earlier, devices
        self.extent = cache(extent_of)
        wanted = "auto" if devices.kind == "GPU" else "cpu"
        self.device = pick_device(wanted)
        self.machine = machine_kind(self.device)
        self.done = self._settled(earlier.finished)

    def rates(self, measure: Measure | None) -> Rates:
        """Of every kind of work that is left; earlier trials' where there are some."""
        work = work_of(self._settled(self.foreseen.most()), self.extent, self.done)
        stages = [stage for stage in work.stages if stage.passes]
        wanted = kinds(stages)
        known = recorded(self.earlier.trials, self.machine, self.extent)
        known = {kind: rate for kind, rate in known.items() if kind in wanted}
        if measure is None:
            return known
        threads = 1 if self.devices.kind == "GPU" else max(int(self.devices.count), 1)
        timed = lambda stage: measure(stage, self.device, threads)  # noqa: E731
        return with_measured(known, wanted, timed, self.machine)

    def cost(self, runs: Sequence[ExperimentSpec], rates: Rates) -> Cost:
        """Of those of `runs` that are not finished yet."""
        experiments = self._settled(runs)
        missing = [run for run in experiments if run not in self.done]
        work = work_of(experiments, self.extent, self.done)
        return cost_of(work, len(missing), self.devices, rates, self.foreseen.scale)

    def _settled(self, runs: Sequence[ExperimentSpec]) -> list[ExperimentSpec]:
        return [settled(run, self.device) for run in runs]
