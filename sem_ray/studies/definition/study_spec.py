"""What a study is: the settings of the YAML that people submit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from sem_ray.spec import ExperimentSpec
from sem_ray.spec.base import Count, Frozen, Text
from sem_ray.spec.origin import BadSetting, Origin, origin_of
from sem_ray.spec.reading import Tree, merged, nested, preset
from sem_ray.spec.resources import WantedResources
from sem_ray.spec.validation import validated
from sem_ray.studies.ablation.design import Design
from sem_ray.studies.definition.ablation import AblationSpec, design_of
from sem_ray.studies.definition.budget import BudgetSpec
from sem_ray.studies.definition.constraints import Constraint
from sem_ray.studies.definition.early_stopping import EarlyStoppingSpec
from sem_ray.studies.definition.objective import Direction, Objective, as_list
from sem_ray.studies.definition.replicates import ReplicateSpec, with_replicates
from sem_ray.studies.definition.retry import RetrySpec
from sem_ray.studies.definition.sampler import SamplerSpec
from sem_ray.studies.definition.space.choice import Choice
from sem_ray.studies.definition.space.conditions import parents_first
from sem_ray.studies.definition.space.derived import DERIVED, Formula, derived_values
from sem_ray.studies.definition.space.distributions import Distribution, Values
from sem_ray.studies.definition.space.grid import Grid
from sem_ray.studies.definition.space.points import in_space

SOURCE = "data.source"


class StudySpec(Frozen):
    """A search over experiments. `preset` gives the settings, `base` changes some, `search` says
    which ones vary."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=80)]
    """Lower-case letters, digits and dashes: a folder's name."""
    hypothesis: Text = ""
    """What the study is to find out."""
    preset: str | None = None
    base: Tree = Field(default_factory=dict)
    search: dict[str, Distribution]
    """Dotted path of a setting → what it may be."""
    points: tuple[dict[str, Choice], ...] = ()
    """Exactly these configurations, in place of `search` and a sampler: paths → values."""
    design: Literal["search", "ablation"] = "search"
    """A search proposes configurations; an ablation runs a baseline and changes of it, all with the
    same seeds, and writes them to `points`."""
    ablation: AblationSpec = AblationSpec()
    """Of `design: ablation`: which changes."""
    enqueue: tuple[dict[str, Choice], ...] = ()
    """Configurations to try first. The sampler gives the searched settings that one leaves out."""
    derived: dict[str, Formula] = Field(default_factory=dict)
    """Path of a setting → what it is computed as from others, as `noise.radius / 4`: numbers,
    settings, + - * / //, min, max and round."""
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1)]
    """What to optimise. A file may give one as `metric` and `direction`."""
    constraints: tuple[Constraint, ...] = ()
    """What a configuration must keep to, as `generation_seconds <= 600`, to win."""
    trials: Count = 20
    """Configurations of the search to finish."""
    sampler: SamplerSpec = SamplerSpec()
    replicates: ReplicateSpec | None = None
    """With which seeds each configuration runs. Null is one run each. A file may also give
    `seeds: [0, 1, 2]`, the same ones for every configuration."""
    budget: BudgetSpec = BudgetSpec()
    """What it may spend, and when it has found enough."""
    early_stopping: EarlyStoppingSpec | None = None
    """Where trials are measured on their way, and who stops them there; null stops none."""
    seed: int = 0
    """Seeds the proposals; apart from the experiment's seed in `base`."""
    retry: RetrySpec = RetrySpec()
    """Which lost trials run again."""
    resources: WantedResources | None = None
    """Of one trial; null is a whole GPU if there is any, else one core."""
    concurrency: Count | None = None
    """Most trials at once; null is what the machine has room for."""

    _origin: Origin = PrivateAttr(default_factory=lambda: Origin("the study"))

    @property
    def origin(self) -> Origin:
        """Where it was written."""
        return self._origin

    def written_in(self, origin: Origin) -> StudySpec:
        """The same study, whose faults name the lines of its file."""
        study = self.model_copy()
        study._origin = origin
        return study

    def fault(self, path: str, text: str) -> BadSetting:
        """The error that says `text` of the study's key at the dotted `path`, with its line."""
        return self.origin.fault(tuple(path.split(".")), f"{path}: {text}")

    def experiment(
        self, values: Mapping[str, Any], place: str | Origin | None = None
    ) -> ExperimentSpec:
        """The experiment of a trial with these searched values. Raises `BadInput`."""
        settings = preset(self.preset) if self.preset else {}
        searched = [
            nested(path, self.search[path].setting(values[path]))
            for path in sorted(parents_first(self.search), key=_is_no_kind)
            if path in values
        ]
        tree = merged(settings, self.base, *searched)
        spec = validated(ExperimentSpec, tree, place or f"study {self.name}")
        return self._with_derived(spec, tree) if self.derived else spec

    def _with_derived(self, spec: ExperimentSpec, tree: Tree) -> ExperimentSpec:
        values = derived_values(self.derived, spec, self.origin)
        derived = [nested(path, value) for path, value in values.items()]
        try:
            return validated(ExperimentSpec, merged(tree, *derived), self.origin)
        except BadSetting as fault:
            path = ".".join(fault.keys)
            text = f"derived: {fault.text}; it is {self.derived.get(path, 'derived')}"
            raise self.origin.fault((DERIVED, path), text) from fault

    def resolved(self) -> StudySpec:
        """The same study with its settings spelt out, so that it outlives its preset."""
        base = self.experiment({}).model_dump(mode="json")
        return self.model_copy(update={"preset": None, "base": base})

    @property
    def runs_each(self) -> ReplicateSpec:
        """The replicates, which are one run each if the study asks for none."""
        return self.replicates or ReplicateSpec(min=1, max=1, confirm=0)

    @property
    def by_seed(self) -> bool:
        """Whether all configurations run with one seed before any runs with the next."""
        return self.design == "ablation"

    @property
    def ablation_design(self) -> Design | None:
        """The configurations of an ablation; None for a search. Raises `BadInput`."""
        if self.design != "ablation":
            return None
        return design_of(self.ablation, self.search, self.origin)

    @property
    def directions(self) -> list[Direction]:
        """Of the objectives, as Optuna takes them."""
        return [objective.direction for objective in self.objectives]

    @property
    def listed(self) -> list[Values]:
        """The points as trials hold them."""
        return [in_space(point, self.search) for point in self.points]

    def first(self, number: int) -> Values | None:
        """What `enqueue` says of configuration `number`, counted from 0; None if nothing."""
        if number < len(self.enqueue):
            return in_space(self.enqueue[number], self.search)
        return None

    @property
    def grid_size(self) -> int:
        """Points of the grid, or of the list; 0 if a range is continuous."""
        return len(self.points) or Grid(self.search).size

    @property
    def is_finite(self) -> bool:
        """Whether it ends after `grid_size` configurations."""
        return bool(self.points) or self.sampler.name == "grid"


def _is_no_kind(path: str) -> bool:
    """A group's kind is set first: it replaces all that is in the group."""
    return not path.endswith(".kind")


def checked(tree: Tree, place: str | Origin) -> StudySpec:
    """A study whose settings have the right form, whether one version or an earlier one wrote
    them. Raises `BadInput` that names `place`."""
    origin = origin_of(place)
    return validated(StudySpec, with_replicates(as_list(tree, origin), origin), origin)
