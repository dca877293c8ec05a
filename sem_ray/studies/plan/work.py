"""The stages that experiments take once what they share is counted once, and the passes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sem_ray.augment import seen_shape
from sem_ray.data.sources.extent import Extent
from sem_ray.pipeline.pass_counts import generation_passes
from sem_ray.pipeline.stages import Fingerprints, stages_of
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.data import DataSpec
from sem_ray.victims import victim_passes

Role = Literal["generation", "victim"]
Part = Literal["surrogate", "noise", "protected", "clean"]
"""A stage of an experiment: a surrogate's training that noises may share, a noise, and a victim on
protected or on clean images."""
Extents = Callable[[DataSpec], Extent]


@dataclass(frozen=True)
class WorkKind:
    """What stages of one speed have in common: a pass takes as long in each of them."""

    role: Role
    network: str
    shape: tuple[int, int, int]
    """(C, H, W) of what the network sees."""
    precision: str
    method: str = ""
    """Of a generation."""
    attacked: bool = False
    """Of victims, whether any of them is trained on adversarial examples."""

    def __str__(self) -> str:
        network = f"{self.network}, {'×'.join(map(str, self.shape))}, {self.precision}"
        return f"{self.method or 'victim'} ({network})"


@dataclass(frozen=True)
class StageWork:
    """One stage that is computed once. passes: over each training image, on average."""

    part: Part
    kind: WorkKind
    spec: ExperimentSpec
    """One of the experiments that it belongs to."""
    extent: Extent
    passes: float

    @property
    def image_passes(self) -> float:
        return self.passes * self.extent.images


@dataclass(frozen=True)
class Work:
    """All that several experiments take together, each stage once."""

    stages: tuple[StageWork, ...]

    def count(self, *parts: Part) -> int:
        """Stages of these parts."""
        return sum(stage.part in parts for stage in self.stages)

    def passes(self, role: Role) -> float:
        """Over each training image, on average, of all stages of this role together."""
        return sum(stage.passes for stage in self.stages if stage.kind.role == role)

    @property
    def noise_bytes(self) -> int:
        """Of the noises that are kept, a byte for each value."""
        made = (stage for stage in self.stages if stage.part == "noise")
        return sum(stage.extent.noise_bytes for stage in made)


def work_of(
    experiments: Iterable[ExperimentSpec],
    extent_of: Extents,
    done: Iterable[ExperimentSpec] = (),
) -> Work:
    """The work of `experiments`, whose precision is settled, apart from what those `done` have left
    in the store. Raises what `extent_of` raises."""
    there = {name for spec in done for name in names_of(spec)}
    found: dict[str, StageWork] = {}
    for spec in experiments:
        for name, work in _stages(spec, extent_of(spec.data)):
            if name not in there:
                found.setdefault(name, work)
    return Work(tuple(found.values()))


def names_of(spec: ExperimentSpec) -> set[str]:
    """The identities of its stages, as far as images that are not read can tell them."""
    stages = stages_of(spec, Fingerprints.unread(spec.data))
    victims = {*stages.clean.values(), *stages.protected.values()}
    return victims | {stages.noise, stages.surrogate or stages.noise}


def kind_of(spec: ExperimentSpec, extent: Extent, role: Role) -> WorkKind:
    """What of `spec` decides how long a pass takes."""
    shape = seen_shape(spec.augmentation, extent.shape)
    if role == "generation":
        network, method = spec.surrogate.network, spec.noise.method
        return WorkKind(role, network, shape, spec.precision, method=method)
    attacked = any(spec.victim.radii)
    return WorkKind(role, spec.victim.network, shape, spec.precision, attacked=attacked)


def _stages(spec: ExperimentSpec, extent: Extent) -> Iterator[tuple[str, StageWork]]:
    """The stages of `spec` by identity. A surrogate's training that noises may share is a stage of
    its own."""
    stages = stages_of(spec, Fingerprints.unread(spec.data))
    passes = generation_passes(spec, extent.images)
    of = kind_of(spec, extent, "generation")
    if stages.surrogate is None:
        yield stages.noise, StageWork("noise", of, spec, extent, passes.total)
    else:
        yield stages.surrogate, StageWork("surrogate", of, spec, extent, passes.first)
        yield stages.noise, StageWork("noise", of, spec, extent, passes.rest)
    yield from _victims("clean", stages.clean, spec, extent)
    yield from _victims("protected", stages.protected, spec, extent)


def _victims(
    part: Part, names: Mapping[float, str], spec: ExperimentSpec, extent: Extent
) -> Iterator[tuple[str, StageWork]]:
    kind = kind_of(spec, extent, "victim")
    for radius, name in names.items():
        passes = victim_passes(spec, radius, extent.images)
        yield name, StageWork(part, kind, spec, extent, passes)


def kinds(stages: Sequence[StageWork]) -> dict[WorkKind, StageWork]:
    """The kinds of work there are, each with one stage of it."""
    return {stage.kind: stage for stage in reversed(stages)}
