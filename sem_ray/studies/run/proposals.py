"""Which trial comes next: those that an earlier sweep left running, then further seeds of
configurations that are begun or race, then new configurations."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial

from sem_ray.spec import ExperimentSpec
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.journal.configurations import (
    Configuration,
    Configurations,
    key_of,
    with_seed,
)
from sem_ray.studies.journal.storage import StudyRecord
from sem_ray.studies.run.stopping import rung_values
from sem_ray.studies.samplers.registry import sampler_for
from sem_ray.studies.samplers.view import SamplerView


@dataclass(frozen=True)
class Proposal:
    """A run that is to start. trial: the number of the journal's trial that was cut off and runs
    again, or None for a new one; configuration: None for a new one."""

    values: Values
    configuration: int | None
    replicate: int
    trial: int | None = None

    def experiment(self, record: StudyRecord) -> ExperimentSpec:
        """What it runs. Raises `BadInput` if the values are no experiment."""
        return with_seed(record.spec.experiment(self.values), record.spec, self.replicate)


class Proposals:
    """The trials of a study that are to be run. A trial found RUNNING at the start was cut off with
    its sweep: it is run again, with the values it was given."""

    def __init__(self, record: StudyRecord, configurations: Configurations) -> None:
        self._spec, self._configurations = record.spec, configurations
        self._view = SamplerView(record.spec, sampler_for(record.spec))
        self._places: dict[int, int] = {}
        """Configuration → its place in the view."""
        for configuration in configurations:
            self._view.add(configuration.values)
            self.begun(configuration)
            self.told(configuration)
        self._cut_off = deque(sorted(self._running(), key=lambda run: run[2]))

    def next(self) -> Proposal | None:
        """The next run; None if it depends on how those that run end, or there is none."""
        if self._spec.by_seed:
            return self._cut_off_run() or self._new() or self._missing()
        return self._cut_off_run() or self._missing() or self._new()

    @property
    def view(self) -> optuna.Study:
        """What the sampler learns from: one trial a configuration."""
        return self._view.study

    def again(self, lost: FrozenTrial) -> None:
        """Give a trial that was lost before any other one."""
        self._cut_off.appendleft((*key_of(lost), lost.number))

    def begun(self, configuration: Configuration) -> None:
        """Note which configuration the values proposed last have become."""
        self._places[configuration.number] = len(self._places)

    def told(self, configuration: Configuration) -> None:
        """Tell the sampler how a configuration stands, once it knows."""
        place = self._places[configuration.number]
        first = range(self._spec.runs_each.min)
        if configuration.pruned:
            self._view.prune(place, rung_values(self._spec.objectives, configuration.first))
        elif configuration.failed:
            self._view.fail(place)
        elif configuration.has(first):
            choosing = self._spec.runs_each.choosing
            means = [configuration.mean(o.metric, choosing) for o in self._spec.objectives]
            broken = configuration.violations(self._spec.constraints, choosing)
            self._view.finish(place, means, broken)

    def _cut_off_run(self) -> Proposal | None:
        wanted = set(self._configurations.missing()) if self._cut_off else set()
        while self._cut_off:
            number, replicate, trial = self._cut_off.popleft()
            if (number, replicate) in wanted:
                return Proposal(self._values(number), number, replicate, trial)
        return None

    def _missing(self) -> Proposal | None:
        running = {(number, replicate) for number, replicate, _ in self._running()}
        missing = (run for run in self._configurations.missing() if run not in running)
        for number, replicate in missing:
            return Proposal(self._values(number), number, replicate)
        return None

    def _new(self) -> Proposal | None:
        if self._configurations.lacks() == 0:
            return None
        return Proposal(self._view.propose(), None, 0)

    def _values(self, number: int) -> Values:
        return dict(self._configurations[number].values)

    def _running(self) -> list[tuple[int, int, int]]:
        """(configuration, replicate, trial) of what runs, or was cut off."""
        return [
            (one.number, replicate, trial)
            for one in self._configurations.unfinished
            for replicate, trial in one.running.items()
        ]
