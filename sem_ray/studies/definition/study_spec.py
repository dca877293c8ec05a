"""What a study is: the YAML people submit, checked as a whole before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from sem_ray.data.sources.registry import NAMED
from sem_ray.errors import BadInput
from sem_ray.methods import require_method
from sem_ray.networks import require_networks
from sem_ray.pipeline import metric_names
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.base import Count, Frozen, Text
from sem_ray.spec.reading import Tree, merged, nested, preset, read_yaml
from sem_ray.spec.resources import WantedResources
from sem_ray.spec.validation import did_you_mean, validated
from sem_ray.studies.ablation.design import Design
from sem_ray.studies.definition.ablation import AblationSpec, design_of, refuse_other_keys
from sem_ray.studies.definition.constraints import Constraint, refuse_unknown
from sem_ray.studies.definition.distributions import Choices, Distribution, read_distribution
from sem_ray.studies.definition.objective import SINGLE, Direction, Objective, as_list
from sem_ray.studies.definition.replicates import (
    OTHER_FORMS,
    ReplicateSpec,
    refuse_searched_seed,
    with_replicates,
)
from sem_ray.studies.definition.sampler import SamplerSpec, refuse_unable

SOURCE = "data.source"
MOST_POINTS = 100_000
"""Of a grid: it is walked from its first point for every trial, and no sweep runs more."""


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
    design: Literal["search", "ablation"] = "search"
    """A search proposes configurations; an ablation runs a fixed list of changes to a baseline."""
    ablation: AblationSpec = AblationSpec()
    """Of `design: ablation`: which changes."""
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
    seed: int = 0
    """Seeds the proposals; apart from the experiment's seed in `base`."""
    resources: WantedResources | None = None
    """Of one trial; null is a whole GPU if there is any, else one core."""
    concurrency: Count | None = None
    """Most trials at once; null is what the machine has room for."""

    def experiment(self, values: Mapping[str, Any], place: str | None = None) -> ExperimentSpec:
        """The experiment of a trial with these searched values. Raises `BadInput`."""
        settings = preset(self.preset) if self.preset else {}
        searched = [nested(path, value) for path, value in values.items()]
        tree = merged(settings, self.base, *searched)
        return validated(ExperimentSpec, tree, place or f"study {self.name}")

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
        """The configurations of an ablation; None for a search."""
        if self.design != "ablation":
            return None
        return design_of(self.ablation, self.search, f"study {self.name}")

    @property
    def directions(self) -> list[Direction]:
        """Of the objectives, as Optuna takes them."""
        return [objective.direction for objective in self.objectives]

    @property
    def grid_size(self) -> int:
        """Points of the grid; 0 if a range is continuous."""
        size = 1
        for distribution in self.search.values():
            size *= distribution.size or 0
        return size


def read_study(path: Path) -> StudySpec:
    """The study in a YAML file, checked. Paths of data that exist become absolute, because trials
    run in other folders; they are looked up from here, then from beside the file."""
    return study_from(read_yaml(path), str(path), path.parent)


def study_from(tree: Tree, place: str, beside: Path | None = None) -> StudySpec:
    """A checked study. Raises `BadInput` that names `place`."""
    search = _search(tree.get("search"), place)
    _check_keys(tree, place)
    refuse_other_keys(tree, place)
    spec = checked({**tree, "search": search}, place)
    spec = _with_absolute_sources(spec, beside or Path.cwd(), place)
    _check_settings(spec, place)
    _check_objectives(spec, place)
    refuse_unknown(spec.constraints, metric_names(spec.experiment({})), place)
    refuse_unable(spec.sampler, spec.search, len(spec.objectives), place)
    _check_grid(spec, place)
    if spec.replicates is not None:
        refuse_searched_seed(spec.search, place)
    return _as_long_as_its_design(spec, place) if spec.design == "ablation" else spec


def _as_long_as_its_design(spec: StudySpec, place: str) -> StudySpec:
    """An ablation with a trial for each configuration of its design, none of which has more seeds
    than others."""
    configurations = len(design_of(spec.ablation, spec.search, place).points)
    each = spec.runs_each.model_copy(update={"confirm": 0})
    return spec.model_copy(update={"trials": configurations, "replicates": each})


def checked(tree: Tree, place: str) -> StudySpec:
    """A study whose settings have the right form, whether one version or an earlier one wrote
    them. Raises `BadInput` that names `place`."""
    return validated(StudySpec, with_replicates(as_list(tree, place), place), place)


def _check_keys(tree: Tree, place: str) -> None:
    known = (*StudySpec.model_fields, *SINGLE, *OTHER_FORMS)
    for key in tree:
        if key not in known:
            raise BadInput(f"{place}: unknown key {key}{did_you_mean(str(key), known)}")


def _search(tree: Any, place: str) -> dict[str, Distribution]:
    if not isinstance(tree, Mapping) or not tree:
        raise BadInput(
            f"{place}: search is empty; name what varies, as search: {{noise.steps: "
            "{low: 1, high: 5}}"
        )
    return {str(k): read_distribution(v, f"{place}: search.{k}") for k, v in tree.items()}


def _check_settings(spec: StudySpec, place: str) -> None:
    """The base alone, and each extreme and choice on top of it, must be an experiment that can
    share its work among the study's actors."""
    base = spec.experiment({}, f"{place}: base")
    _require_known(base, f"{place}: base")
    if "shards" not in spec.search:
        _require_shards(spec, base, place)
    for path, distribution in spec.search.items():
        for value in distribution.probes():
            searched = spec.experiment({path: value}, f"{place}: search")
            _require_known(searched, f"{place}: search")
            _require_shards(spec, searched, place)


def _require_shards(spec: StudySpec, experiment: ExperimentSpec, place: str) -> None:
    """Every actor needs a shard, and every shard a row of each batch."""
    actors = spec.resources.actors if spec.resources else None
    if actors is None:
        return
    rows = (experiment.surrogate.batch, experiment.victim.batch, experiment.data.limit)
    shards = min(experiment.shards, *(number for number in rows if number is not None))
    if actors.count > shards:
        raise BadInput(
            f"{place}: resources.actors.count: {actors.count} actors cannot share "
            f"{shards} shards; ask for fewer actors, or set larger `shards`, batches or limits"
        )


def _require_known(experiment: ExperimentSpec, place: str) -> None:
    require_networks(experiment, place)
    require_method(experiment, place)


def _check_objectives(spec: StudySpec, place: str) -> None:
    known = metric_names(spec.experiment({}))
    metrics = [objective.metric for objective in spec.objectives]
    for number, metric in enumerate(metrics):
        if metric not in known:
            raise BadInput(
                f"{place}: no trial reports the metric {metric!r}"
                f"{did_you_mean(metric, known)}; trials report {', '.join(known)}"
            )
        if metric in metrics[:number]:
            raise BadInput(f"{place}: objectives: {metric} is there twice; drop one")


def _check_grid(spec: StudySpec, place: str) -> None:
    if spec.sampler.name != "grid":
        return
    for path, distribution in spec.search.items():
        if distribution.size is None:
            raise BadInput(
                f"{place}: search.{path}: a grid needs finitely many values; "
                "give the range a step, or list choices"
            )
    if spec.grid_size > MOST_POINTS:
        raise BadInput(
            f"{place}: search: a grid of {spec.grid_size:,} points is more than any sweep runs "
            f"({MOST_POINTS:,}); search fewer values, or take the sampler tpe, qmc or random"
        )


def _with_absolute_sources(spec: StudySpec, beside: Path, place: str) -> StudySpec:
    base, search = dict(spec.base), dict(spec.search)
    data = base.get("data")
    if isinstance(data, Mapping) and "source" in data:
        base = merged(base, nested(SOURCE, _absolute(data["source"], beside, place)))
    if isinstance(sources := search.get(SOURCE), Choices):
        choices = tuple(_absolute(choice, beside, place) for choice in sources.choices)
        search[SOURCE] = Choices(choices=choices)
    return spec.model_copy(update={"base": base, "search": search})


def _absolute(source: Any, beside: Path, place: str) -> Any:
    """`source`, or the absolute path of what it names here or beside the search file."""
    if not isinstance(source, str) or source in NAMED:
        return source
    for folder in (Path.cwd(), beside):
        if source.strip() and (path := folder / Path(source).expanduser()).exists():
            return str(path.resolve())
    raise BadInput(
        f"{place}: {SOURCE}: no image set {source!r}{did_you_mean(source, NAMED)}: there is no "
        f"such file or folder, and the known names are {', '.join(NAMED)}"
    )
