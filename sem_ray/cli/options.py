"""Options that several verbs of the command line share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from sem_ray.errors import BadInput

if TYPE_CHECKING:
    from sem_ray.api import Actors

Json = Annotated[bool, Parameter(name="--json", negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class SettingOptions:
    """Options of the verbs that run one experiment."""

    preset: str | None = None
    "Settings to start from: quick (the default), cifar10, imagenet-subset."
    config: Path | None = None
    "YAML file with settings over the preset's; without --preset, over the defaults."
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = ()
    "One setting over all others, as `--set noise.radius=8`; repeatable."
    limit: int | None = None
    "Take this many training images: a seeded, class-balanced subset."
    seed: int | None = None
    "Everything random follows from it."
    device: str = "auto"
    "auto, cpu, cuda or cuda:N."
    store: Path | None = None
    "Folder of artifacts and records instead of SEM_RAY_STORE."
    stream: bool | None = None
    "Keep images in a file, from which batches reach the device; by default where they do not fit."

    def given(self, method: str | None = None) -> dict[str, Any]:
        """As the verbs' functions take them; `method` is over all other settings."""
        last = () if method is None else (f"noise.method={method}",)
        names = ("preset", "config", "limit", "seed", "device", "store", "stream")
        return {name: getattr(self, name) for name in names} | {"settings": (*self.set_, *last)}


@Parameter(name="*")
@dataclass(frozen=True)
class ActorOptions:
    """Options of the verbs whose work actors can share."""

    actors: int | None = None
    "Share the work among this many Ray actors, to the same result."
    cpus_per_actor: float = 1
    "Cores of each actor."
    gpus_per_actor: float | None = None
    "GPUs of each actor, as 0.5; by default one where there are enough for all, else none."
    strategy: Literal["PACK", "SPREAD"] = "PACK"
    "Actors on as few machines as possible, or on as many."
    address: str | None = None
    "Ray cluster instead of RAY_ADDRESS; without either, Ray starts on this machine."

    def chosen(self) -> Actors | None:
        """None where nobody asked for actors."""
        from sem_ray.api import Actors

        if self.actors is None:
            if self.address is not None:
                raise BadInput("--address names where actors run; say how many with --actors")
            return None
        return Actors(
            self.actors, self.cpus_per_actor, self.gpus_per_actor, self.strategy, self.address
        )
