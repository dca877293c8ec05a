"""What a study has spent, kept trial by trial, and whether it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from optuna.trial import FrozenTrial, TrialState

from sem_ray.metrics.measurement import GENERATION_PASSES, VICTIM_PASSES
from sem_ray.metrics.outlook import Outlook, outlook
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes
from sem_ray.studies.journal.configurations import Configuration, Configurations
from sem_ray.studies.run.spending.limits import HOUR, Spent, exhausted

NoiseBytes = Callable[[str], int]
"""The identity of a noise → bytes of its folder."""
GROWTH = 1.1
"""The outlook is looked at anew once there are this many times as many configurations."""
ENDED = (TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED)


class Ledger:
    """Adds up what the trials of a study took. devices: GPUs, or else cores, that one occupies."""

    def __init__(
        self,
        spec: StudySpec,
        *,
        devices: float = 1.0,
        noise_bytes: NoiseBytes = lambda _: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spec, self._devices, self._noise_bytes = spec, devices, noise_bytes
        self._clock, self._start = clock, clock()
        self._seconds, self._passes, self._bytes = 0.0, 0.0, 0
        self._seen: set[int] = set()
        self._noises: set[str] = set()
        self._costs: dict[int, float] = {}
        self._looked_at = 0

    def take_all(self, trials: Iterable[FrozenTrial], configurations: Configurations) -> None:
        """Add what earlier sweeps spent."""
        for trial in trials:
            self.take(trial, None)
        for configuration in configurations:
            self._note_cost(configuration)

    def take(self, trial: FrozenTrial, configuration: Configuration | None) -> None:
        """Add a trial once it has ended."""
        if configuration is not None:
            self._note_cost(configuration)
        if trial.state not in ENDED or trial.number in self._seen:
            return
        self._seen.add(trial.number)
        self._seconds += attributes.seconds_of(trial) or 0.0
        metrics = attributes.metrics_of(trial)
        self._passes += metrics.get(VICTIM_PASSES, 0.0)
        noise = trial.user_attrs.get(attributes.NOISE)
        if noise is not None and noise not in self._noises:
            self._noises.add(noise)
            self._passes += metrics.get(GENERATION_PASSES, 0.0)
            self._bytes += self._noise_bytes(noise)

    def spent(self) -> Spent:
        """So far; hours are those of this sweep."""
        return Spent(
            device_hours=self._seconds * self._devices / HOUR,
            passes=self._passes,
            hours=(self._clock() - self._start) / HOUR,
            store_bytes=self._bytes,
            best=min(self._costs.values(), default=None),
        )

    def exhausted(self) -> str | None:
        """Which limit of the study is reached, in words; None if it may go on."""
        return exhausted(self._spec.budget, self.spent(), self._spec.objectives[0])

    def ends_search(self, configurations: Configurations) -> bool:
        """Whether the study asks to propose no more once that is unlikely to pay, and it is."""
        count = len(configurations.searched)
        if not self._spec.budget.stop_when_unlikely or configurations.search_is_over:
            return False
        if count < GROWTH * self._looked_at:
            return False
        self._looked_at = count
        found = outlook_of(self._spec, configurations)
        return found is not None and found.unlikely

    def _note_cost(self, configuration: Configuration) -> None:
        """The mean cost by the first objective, if that is to reach a target."""
        runs = self._spec.runs_each
        if self._spec.budget.target is None or not configuration.has(range(runs.min)):
            return
        broken = configuration.violations(self._spec.constraints, range(runs.min))
        if all(by <= 0 for by in broken.values()):
            objective = self._spec.objectives[0]
            mean = configuration.mean(objective.metric, runs.choosing)
            self._costs[configuration.number] = objective.sign * mean


def outlook_of(spec: StudySpec, configurations: Configurations) -> Outlook | None:
    """What more configurations are expected to give by the first objective; None if there are none
    to propose, or too few to say."""
    if spec.is_finite:
        return None
    objective = spec.objectives[0]
    done = [one for one in configurations.searched if one.runs]
    return outlook([[objective.cost(run.metrics) for run in one.runs.values()] for one in done])
