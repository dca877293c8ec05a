"""What an experiment is made of, by identity, before any of it is made.

Two experiments that have an identity in common share that stage: it is made once and found by the
other. So the distinct identities of a study's experiments are the work that there is to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sem_ray.data import Dataset
from sem_ray.methods import noise_identity, surrogate_identity
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.data import DataSpec
from sem_ray.spec.identity import CLEAN, victim_identity


@dataclass(frozen=True)
class Fingerprints:
    """The images of an experiment, named by their contents."""

    train: str
    test: str

    @classmethod
    def of(cls, data: Dataset) -> Fingerprints:
        """Raises `BadInput` if there are no test images."""
        return cls(data.train.fingerprint, data.require_test().fingerprint)

    @classmethod
    def unread(cls, data: DataSpec) -> Fingerprints:
        """Stand-ins for images that are not read: enough to count stages, not to find them. Specs
        that name the same images in two ways count twice."""
        name = data.model_dump_json()
        return cls(f"train of {name}", f"test of {name}")


@dataclass(frozen=True)
class Stages:
    """The identities of an experiment's stages. Victims by radius (1/255).

    protected: names of the victims on protected images that tell equal ones from others; in the
    store their identity holds a digest of the noise's values too, once there is noise.
    """

    surrogate: str | None
    """The surrogate's training, if noises may share it (`sem_ray.methods.surrogate_identity`)."""
    noise: str
    clean: Mapping[float, str]
    protected: Mapping[float, str]


def stages_of(spec: ExperimentSpec, images: Fingerprints) -> Stages:
    """The stages of `spec` on these images. Raises `BadInput` if its method is unknown, and
    `ValueError` if its precision is not settled (`sem_ray.devices.settled`)."""
    noise = noise_identity(spec, images.train)
    return Stages(
        surrogate=surrogate_identity(spec, images.train),
        noise=noise,
        clean=_victims(spec, images, CLEAN),
        protected=_victims(spec, images, noise),
    )


def _victims(spec: ExperimentSpec, images: Fingerprints, noise: str) -> dict[float, str]:
    return {
        radius: victim_identity(spec, images.train, images.test, noise, radius)
        for radius in spec.victim.radii
    }


@dataclass(frozen=True)
class StageCounts:
    """Distinct stages of several experiments: what is to be made if nothing is there yet.

    trainings: of surrogates, each followed by one final pass or more; a generation that shares
    nothing is one of its own.
    """

    trainings: int
    generations: int
    protected_victims: int
    clean_victims: int

    @property
    def victims(self) -> int:
        return self.protected_victims + self.clean_victims

    @classmethod
    def of(cls, experiments: Iterable[Stages]) -> StageCounts:
        """Count each identity once."""
        found = list(experiments)
        return cls(
            trainings=len({stages.surrogate or stages.noise for stages in found}),
            generations=len({stages.noise for stages in found}),
            protected_victims=len({v for stages in found for v in stages.protected.values()}),
            clean_victims=len({v for stages in found for v in stages.clean.values()}),
        )
