"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, Token

from sem_ray.cli.console.output import say_notice
from sem_ray.errors import BadInput
from sem_ray.progress import ProgressSink

if TYPE_CHECKING:
    from sem_ray.api import Actors, RunOptions, StudyOverrides


def _whole(_: object, tokens: Sequence[Token]) -> int:
    """The number of an option; cyclopts itself would take 1.5 for 2."""
    text = tokens[0].value
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no whole number; write one, as 2") from error


WholeNumber = Annotated[int, Parameter(converter=_whole)]
Json = Annotated[bool, Parameter(name="--json", negative="")]


@Parameter(name="*", group="Settings")
@dataclass(frozen=True)
class SettingOptions:
    """Options of the commands that run one experiment."""

    preset: str | None = None
    "Settings to start from: quick (the default), cifar10, imagenet-subset."
    config: Path | None = None
    "YAML file with settings over the preset's; without --preset, over the defaults."
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="", show_default=False)] = ()
    "One setting over all others, as `--set noise.radius=8`; repeatable."
    limit: WholeNumber | None = None
    "Take this many training images: a seeded, class-balanced subset."
    seed: WholeNumber | None = None
    "Everything random follows from it."


@Parameter(name="*", group="Where it runs")
@dataclass(frozen=True)
class PlaceOptions:
    """Options of the commands whose work can run here or on Ray actors."""

    store: Path | None = None
    "Folder of artifacts and records instead of SEM_RAY_STORE."
    device: str = "auto"
    "auto, cpu, cuda or cuda:N."
    stream: bool | None = None
    "Keep images in a file, from which batches reach the device; by default if they do not fit."
    actors: WholeNumber | None = None
    "Share the work among this many Ray actors, to the same result."
    cpus_per_actor: float = 1
    "Cores of each actor."
    gpus_per_actor: float | None = None
    "GPUs of each actor, as 0.5; by default one if there are enough for all, else none."
    strategy: Literal["PACK", "SPREAD"] = "PACK"
    "Actors on as few machines as possible, or on as many."
    address: str | None = None
    "Ray cluster instead of RAY_ADDRESS; without either, Ray starts on this machine."

    def chosen_actors(self) -> Actors | None:
        """None if no actors were asked for. Raises `BadInput`."""
        from sem_ray.api import Actors

        if self.actors is None:
            if self.address is not None:
                raise BadInput("--address names where actors run; say how many with --actors")
            return None
        return Actors(
            self.actors, self.cpus_per_actor, self.gpus_per_actor, self.strategy, self.address
        )


@Parameter(name="*", group="Changes of the study")
@dataclass(frozen=True)
class StudyOptions:
    """Options that say things otherwise than a study's file."""

    name: str | None = None
    "Name of the study instead of the file's: another scale of it is another study."
    preset: str | None = None
    "Settings to start from instead of the file's: quick, cifar10, imagenet-subset."
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="", show_default=False)] = ()
    "One setting of all configurations, as `--set victim.steps=500`; repeatable. A setting that the file searches is no longer searched."  # noqa: E501
    hours: float | None = None
    "Start no trial after this many hours."
    device_hours: float | None = None
    "Start no trial once the study's trials took this many hours × GPUs, or × cores without one."
    target: float | None = None
    "Value of the first objective that is good enough."

    def changes(self) -> StudyOverrides:
        """What they say."""
        from sem_ray.api import StudyOverrides

        limits = {"hours": self.hours, "device_hours": self.device_hours, "target": self.target}
        budget = {name: value for name, value in limits.items() if value is not None}
        return StudyOverrides(self.name, self.preset, self.set_, budget)


def run_options(
    settings: SettingOptions, place: PlaceOptions, sink: ProgressSink, method: str | None = None
) -> RunOptions:
    """What the command line asks for, as the functions of `sem_ray.api` take it; `method` is over
    all other settings."""
    from sem_ray.api import RunOptions

    last = () if method is None else (f"noise.method={method}",)
    return RunOptions(
        preset=settings.preset,
        config=settings.config,
        settings=(*settings.set_, *last),
        limit=settings.limit,
        seed=settings.seed,
        device=place.device,
        actors=place.chosen_actors(),
        stream=place.stream,
        store=place.store,
        sink=sink,
        on_notice=say_notice,
    )
