"""An experiment at a rung: what it measures before its end, from where it stands.

The learning rate's schedule is not compressed: a rung sees the run as it is at that step. What goes
on afterwards is the experiment itself, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sem_ray.data import Dataset, load, protected, read_noise
from sem_ray.devices import settled
from sem_ray.methods import noise_identity, surrogate_identity
from sem_ray.pipeline.backend import Backend
from sem_ray.pipeline.experiment import Accuracy, Outcome, evaluate_noise
from sem_ray.pipeline.noise import KIND as NOISE
from sem_ray.pipeline.noise import find_noise, noise_for
from sem_ray.pipeline.pausing import abandon
from sem_ray.pipeline.rung_noise import rung_noise_for
from sem_ray.pipeline.rung_victims import rung_victim_for
from sem_ray.pipeline.surrogates import KIND as SURROGATE
from sem_ray.pipeline.victims import KIND as VICTIM
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import victim_identity
from sem_ray.store import Store


@dataclass(frozen=True)
class RungExperiment:
    """An experiment that can be measured on its way.

    radii: of the victims (1/255) that are measured at rungs. sink: gets progress, under names that
    say which work is only for a rung.
    """

    spec: ExperimentSpec
    data: Dataset
    store: Store
    radii: Sequence[float]
    backend: Backend
    sink: ProgressSink = silent

    @classmethod
    def begin(
        cls,
        spec: ExperimentSpec,
        store: Store,
        radii: Sequence[float],
        *,
        backend: Backend,
        sink: ProgressSink = silent,
    ) -> RungExperiment:
        """Load the images of `spec`. Raises `BadInput` if they cannot be read, or lack a test
        set."""
        spec = settled(spec, backend.device)
        data = load(spec.data, pixel_cache=store.pixels(backend.stream), sink=sink)
        data.require_test()
        return cls(spec, data, store, radii, backend, sink)

    def at_surrogate_step(self, step: int, victim_steps: int) -> Outcome:
        """What noise of the surrogate at `step` does to short victims: whole trainings of
        `victim_steps` steps, with a schedule of their own."""
        folder = rung_noise_for(
            self.spec, self.data.train, self.store, step, backend=self.backend, sink=self.sink
        )
        noise = read_noise(folder)
        accuracies = evaluate_noise(
            _short(self.spec, victim_steps),
            self.data,
            self.store,
            noise,
            self.radii,
            baseline=False,
            backend=self.backend,
            sink=_naming(self.sink),
        )
        return Outcome.of(noise, folder, self.data.train, accuracies)

    def at_victim_step(self, step: int) -> Outcome:
        """What the experiment's own victims on protected images reach after `step` steps."""
        train = self.data.train
        folder = noise_for(
            self.spec, train, self.store, backend=self.backend, sink=self.sink
        ).folder
        noise = read_noise(folder)
        shielded = protected(train, noise)
        victims = [
            rung_victim_for(
                self.spec,
                radius,
                shielded,
                self.data,
                self.store,
                step,
                noise=noise.name,
                backend=self.backend,
                sink=self.sink,
            )
            for radius in self.radii
        ]
        accuracies = tuple(Accuracy(victim.radius, None, victim) for victim in victims)
        return Outcome.of(noise, folder, self.data.train, accuracies)

    def abandon(self) -> None:
        """Remove the checkpoints that only going on would need, unless another goes on now."""
        train, test = self.data.train.fingerprint, self.data.require_test().fingerprint
        whole = noise_identity(self.spec, train)
        left = [(NOISE, whole), (SURROGATE, surrogate_identity(self.spec, train) or whole)]
        if (found := find_noise(self.spec, self.data.train, self.store)) is not None:
            name = read_noise(found.folder).name
            left += [
                (VICTIM, victim_identity(self.spec, train, test, name, radius))
                for radius in self.radii
            ]
        for kind, identity in left:
            abandon(self.store, kind, identity)


def _short(spec: ExperimentSpec, victim_steps: int) -> ExperimentSpec:
    """The experiment with short victims, which are tested once, at their end."""
    victim = spec.victim.model_copy(update={"steps": victim_steps, "evaluations": 1})
    return spec.model_copy(update={"victim": victim})


def _naming(sink: ProgressSink) -> ProgressSink:
    """Reports that say they are of a rung's own work."""

    def naming(progress: Progress) -> None:
        sink(replace(progress, stage=f"{progress.stage} at a rung"))

    return naming
