"""The stages that experiments take once what they share is counted once, and the passes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sem_ray.augment import seen_shape
from sem_ray.data.sources.extent import Extent
from sem_ray.pipeline.pass_counts import generation_passes
from sem_ray.pipeline.stages import Fingerprints, StageCounts, Stages, stages_of
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.data import DataSpec
from sem_ray.victims import victim_passes

Role = Literal["generation", "victim"]
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

    kind: WorkKind
    spec: ExperimentSpec
    """One of the experiments that it is a part of."""
    extent: Extent
    passes: float

    @property
    def image_passes(self) -> float:
        return self.passes * self.extent.images


@dataclass(frozen=True)
class Work:
    """All that several experiments take together."""

    counts: StageCounts
    stages: tuple[StageWork, ...]
    noise_bytes: int
    """Of the noises that are kept, a byte for each value."""

    def passes(self, role: Role) -> float:
        """Over each training image, on average, of all stages of this role together."""
        return sum(stage.passes for stage in self.stages if stage.kind.role == role)

    @property
    def image_passes(self) -> float:
        """Passes over single images, whatever set they are of."""
        return sum(stage.image_passes for stage in self.stages)


def work_of(experiments: Iterable[ExperimentSpec], extent_of: Extents) -> Work:
    """The work of `experiments`, whose precision is settled. Raises what `extent_of` raises."""
    pairs = [(spec, stages_of(spec, Fingerprints.unread(spec.data))) for spec in experiments]
    found: dict[str, StageWork] = {}
    noises: dict[str, int] = {}
    for spec, stages in pairs:
        extent = extent_of(spec.data)
        noises[stages.noise] = extent.noise_bytes
        for name, work in _stages(spec, stages, extent):
            found.setdefault(name, work)
    counts = StageCounts.of(stages for _, stages in pairs)
    return Work(counts, tuple(found.values()), sum(noises.values()))


def kind_of(spec: ExperimentSpec, extent: Extent, role: Role) -> WorkKind:
    """What of `spec` decides how long a pass takes."""
    shape = seen_shape(spec.augmentation, extent.shape)
    if role == "generation":
        network, method = spec.surrogate.network, spec.noise.method
        return WorkKind(role, network, shape, spec.precision, method=method)
    attacked = any(spec.victim.radii)
    return WorkKind(role, spec.victim.network, shape, spec.precision, attacked=attacked)


def _stages(
    spec: ExperimentSpec, stages: Stages, extent: Extent
) -> Iterator[tuple[str, StageWork]]:
    """The stages of `spec` by identity. A surrogate's training that noises may share is a stage of
    its own."""
    passes = generation_passes(spec, extent.images)
    kind = kind_of(spec, extent, "generation")
    if stages.surrogate is None:
        yield stages.noise, StageWork(kind, spec, extent, passes.total)
    else:
        yield stages.surrogate, StageWork(kind, spec, extent, passes.first)
        yield stages.noise, StageWork(kind, spec, extent, passes.rest)
    kind = kind_of(spec, extent, "victim")
    for victims in (stages.clean, stages.protected):
        for radius, name in victims.items():
            taken = victim_passes(spec, radius, extent.images)
            yield name, StageWork(kind, spec, extent, taken)


def kinds(stages: Sequence[StageWork]) -> dict[WorkKind, StageWork]:
    """The kinds of work there are, each with one stage of it."""
    return {stage.kind: stage for stage in reversed(stages)}
