"""Whether the settings of a study go together: every experiment that it may try can run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sem_ray.errors import BadInput
from sem_ray.methods import require_method
from sem_ray.networks import require_networks
from sem_ray.pipeline import metric_names
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.origin import BadSetting, Keys
from sem_ray.spec.reading import preset
from sem_ray.spec.validation import did_you_mean
from sem_ray.studies.definition.constraints import refuse_unknown
from sem_ray.studies.definition.early_stopping import refuse_unfit, require_surrogate_steps
from sem_ray.studies.definition.sampler import refuse_unable
from sem_ray.studies.definition.space.conditions import reaching
from sem_ray.studies.definition.space.derived import DERIVED, paths_of, refuse_bad_formulas
from sem_ray.studies.definition.space.distributions import Values
from sem_ray.studies.definition.space.points import refuse_repeated, refuse_unsearched
from sem_ray.studies.definition.space.probes import Probe, pairs, singles
from sem_ray.studies.definition.study_spec import StudySpec

MOST_POINTS = 100_000
"""Of a grid: it is walked from its first point for every trial, and no sweep runs more."""
ELSEWHERE = (("resources",), ("early_stopping",), (DERIVED,))
"""Parts of a study file in which a fault is told there, whatever value of the search shows it."""


def check_study(spec: StudySpec) -> None:
    """Raise `BadInput` at the first setting that makes an experiment impossible."""
    _check_preset(spec)
    base = _check_base(spec)
    _check_derived(spec, base)
    if "shards" not in spec.search:
        _require_shards(spec, base)
    if spec.design == "ablation":
        _check_design(spec)
    elif spec.points:
        _check_points(spec)
    else:
        _check_space(spec)
    _check_objectives(spec)
    refuse_unknown(spec.constraints, metric_names(spec.experiment({})), spec.origin)
    refuse_unable(spec.sampler, spec.search, len(spec.objectives), spec.origin)
    _check_grid(spec)
    if spec.early_stopping is not None:
        refuse_unfit(spec.early_stopping, [o.metric for o in spec.objectives], spec.origin)


def _check_preset(spec: StudySpec) -> None:
    try:
        if spec.preset is not None:
            preset(spec.preset)
    except BadInput as error:
        raise spec.fault("preset", str(error)) from error


def _check_base(spec: StudySpec) -> ExperimentSpec:
    """The experiment of the base alone."""
    try:
        return _experiment(spec.model_copy(update={"derived": {}}), {})
    except BadSetting as fault:
        if fault.keys[:1] in ELSEWHERE:
            raise
        raise spec.origin.within("base").fault(fault.keys, fault.text) from fault


def _check_derived(spec: StudySpec, base: ExperimentSpec) -> None:
    given = {"search": spec.search.keys(), "base": dict(paths_of(spec.base)).keys()}
    refuse_bad_formulas(spec.derived, given, base, spec.origin)
    _experiment(spec, {})


def _check_design(spec: StudySpec) -> None:
    """Each value of an ablation, and each of its configurations, must be an experiment."""
    for probe in singles(spec.search):
        _check_probe(spec, probe)
    for point in spec.listed:
        try:
            _require_shards(spec, _experiment(spec, point))
        except BadSetting as fault:
            if fault.keys[:1] in ELSEWHERE:
                raise
            shown = ", ".join(f"{path} {value}" for path, value in point.items())
            text = f"{shown} do not go together ({fault.text}); change fewer of them"
            raise spec.origin.fault(("search",), f"search: {text}") from fault


def _check_points(spec: StudySpec) -> None:
    """Each listed configuration must be an experiment, and there once."""
    for number, point in enumerate(spec.listed):
        _check_listed(spec, ("points", str(number)), point)
    refuse_repeated(spec.points, spec.origin)


def _check_space(spec: StudySpec) -> None:
    """Probes of the space must be experiments, and the points to try first lie in it."""
    for probe in singles(spec.search):
        _check_probe(spec, probe)
    for probe in pairs(spec.search):
        _check_pair(spec, probe)
    refuse_unsearched(spec.enqueue, spec.search, spec.origin)
    for number, point in enumerate(spec.enqueue):
        values = reaching(spec.search, point) or {}
        _check_listed(spec, ("enqueue", str(number)), values)


def _check_listed(spec: StudySpec, keys: Keys, values: Values) -> None:
    try:
        _require_shards(spec, _experiment(spec, values))
    except BadSetting as fault:
        if fault.keys[:1] in ELSEWHERE:
            raise
        path = ".".join(fault.keys)
        raise spec.origin.fault((*keys, path), f"{keys[0]}: {fault.text}") from fault


def _check_probe(spec: StudySpec, probe: Probe) -> None:
    """One value of one setting, on top of the base, must be an experiment that can share its work
    among the study's actors."""
    try:
        _require_shards(spec, _experiment(spec, probe.values))
    except BadSetting as fault:
        if fault.keys[:1] in ELSEWHERE:
            raise
        path = probe.paths[0]
        keys: Keys = (path,)
        if "unknown key" not in fault.text:  # which is wrong whatever its value
            keys = (path, *spec.search[path].written_at(probe.values[path]))
        text = fault.text + _hint(spec, path, fault.text)
        raise spec.origin.within("search").fault(keys, text) from fault


def _hint(spec: StudySpec, path: str, text: str) -> str:
    whole = "integer" in text and "." in str(spec.search[path])
    return "; write low and high without a dot for whole numbers" if whole else ""


def _check_pair(spec: StudySpec, probe: Probe) -> None:
    """Two values that are experiments each must be one together."""
    try:
        _experiment(spec, probe.values)
    except BadSetting as fault:
        if fault.keys[:1] in ELSEWHERE:
            raise
        one, other = probe.paths
        shown = " and ".join(f"{path} {probe.values[path]}" for path in probe.paths)
        text = (
            f"{shown} exclude each other ({fault.text}); give {other} a condition, as "
            f"when: {{{one}: ..}}, or search them in two studies"
        )
        raise spec.origin.within("search").fault((other,), text) from fault


def _experiment(spec: StudySpec, values: Mapping[str, Any]) -> ExperimentSpec:
    """The experiment, whose network and method are known. Raises `BadSetting`."""
    experiment = spec.experiment(values, spec.origin)
    require_networks(experiment, spec.origin)
    require_method(experiment, spec.origin)
    require_surrogate_steps(spec.early_stopping, experiment, spec.origin)
    return experiment


def _require_shards(spec: StudySpec, experiment: ExperimentSpec) -> None:
    """Every actor needs a shard, and every shard a row of each batch."""
    actors = spec.resources.actors if spec.resources else None
    if actors is None:
        return
    rows = (experiment.surrogate.batch, experiment.victim.batch, experiment.data.limit)
    shards = min(experiment.shards, *(number for number in rows if number is not None))
    if actors.count > shards:
        raise spec.fault(
            "resources.actors.count",
            f"{actors.count} actors cannot share {shards} shards; ask for fewer actors, or set "
            "larger `shards`, batches or limits",
        )


def _check_objectives(spec: StudySpec) -> None:
    metrics = [objective.metric for objective in spec.objectives]
    for number, metric in enumerate(metrics):
        keys = ("objectives", str(number), "metric")
        if metric in metrics[:number]:
            raise spec.origin.fault(keys, f"objectives: {metric} is there twice; drop one")
        _require_reported(spec, metric, keys)


def _require_reported(spec: StudySpec, metric: str, keys: Keys) -> None:
    """Every trial must report the metric; which ones it reports depends on its victims' radii."""
    radii = (probe.values for probe in singles(spec.search) if probe.paths == ("victim.radii",))
    for values in radii if "victim.radii" in spec.search else ({},):
        known = metric_names(spec.experiment(values))
        if metric not in known:
            trial = f"trial with victim.radii {values['victim.radii']}" if values else "trial"
            raise spec.origin.fault(
                keys,
                f"no {trial} reports the metric {metric!r}{did_you_mean(metric, known)}; "
                f"{'it reports' if values else 'trials report'} {', '.join(known)}",
            )


def _check_grid(spec: StudySpec) -> None:
    if spec.sampler.name != "grid":
        return
    for path in _continuous(spec):
        text = "a grid needs finitely many values; give the range a step, or list choices"
        raise spec.origin.fault(("search", path), f"search.{path}: {text}")
    if spec.grid_size > MOST_POINTS:
        text = (
            f"a grid of {spec.grid_size:,} points is more than any sweep runs ({MOST_POINTS:,}); "
            "search fewer values, or take the sampler tpe, qmc or random"
        )
        raise spec.origin.fault(("search",), f"search: {text}")


def _continuous(spec: StudySpec) -> Iterable[str]:
    return (path for path, distribution in spec.search.items() if distribution.size is None)
