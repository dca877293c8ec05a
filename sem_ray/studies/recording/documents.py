"""What a study is in MLflow: a run of its own, its configurations under it, and under each the
trials that ran it, one a seed. If each has one seed, trials lie under the study directly."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from optuna.trial import FrozenTrial, TrialState

from sem_ray.metrics.measurement import means
from sem_ray.metrics.statistics import mean_estimate
from sem_ray.progress import Progress
from sem_ray.records import names
from sem_ray.records.names import Status
from sem_ray.records.points import MetricRow
from sem_ray.records.run_document import RunDocument, leaves, milliseconds
from sem_ray.studies.definition.constraints import broken
from sem_ray.studies.definition.study_spec import StudySpec
from sem_ray.studies.journal import trial_attributes as attributes

SEEDS = "seeds"
"""The metric that counts the seeds of a configuration's means."""


def study_documents(
    spec: StudySpec,
    key: str,
    trials: Iterable[FrozenTrial],
    live: Container[int],
    *,
    sweeping: bool,
    leader: int | None,
) -> Iterator[RunDocument]:
    """All runs of the study of this key, parents first. `live`: trials being worked on right now;
    `leader`: the configuration that won or leads, if that is known."""
    known = [trial for trial in trials if trial.state != TrialState.WAITING]
    yield study_document(spec, key, known, sweeping=sweeping, leader=leader)
    if has_configurations(spec):
        for runs in by_configuration(known).values():
            yield configuration_document(spec, key, runs, live)
    for trial in known:
        yield trial_document(spec, key, trial, trial.number in live)


def has_configurations(spec: StudySpec) -> bool:
    """Whether configurations run with several seeds, and so have runs of their own."""
    return spec.replicates is not None


def by_configuration(trials: Iterable[FrozenTrial]) -> dict[int, list[FrozenTrial]]:
    """The runs of each configuration, in the order of its replicates."""
    found = defaultdict(list)
    for trial in sorted(trials, key=attributes.replicate_of):
        found[attributes.configuration_of(trial)].append(trial)
    return dict(found)


def study_document(
    spec: StudySpec,
    key: str,
    trials: Sequence[FrozenTrial],
    *,
    sweeping: bool,
    leader: int | None,
) -> RunDocument:
    """The study's own run: what was best on the way, as a curve over finished trials."""
    ended = all(trial.state.is_finished() for trial in trials)
    rows, leads = _best_so_far(spec, trials)
    best = leads if leader is None else leader
    goals = json.dumps({one.metric: one.direction for one in spec.objectives})
    tags = {
        names.STUDY_TAG: spec.name,
        names.NOTE_TAG: spec.hypothesis,
        names.OBJECTIVES_TAG: goals,
    }
    if best is not None:
        tags[names.BEST_TAG] = str(best)
    return RunDocument(
        key=key,
        name=spec.name,
        level="study",
        kind="study",
        under=None,
        status="RUNNING" if sweeping else "FINISHED" if ended else "KILLED",
        started=min((t.datetime_start for t in trials if t.datetime_start), default=None),
        ended=_last_end(trials),
        metrics=tuple(rows),
        tags=_levelled("study", "study", tags),
    )


def configuration_document(
    spec: StudySpec, key: str, runs: Sequence[FrozenTrial], live: Container[int]
) -> RunDocument:
    """One configuration: means over its seeds, as they became with each further one."""
    first = runs[0]
    number = attributes.configuration_of(first)
    done = _in_order(runs)
    seeds = json.dumps(sorted(attributes.seed_of(trial) for trial in done))
    tags = {
        names.STUDY_TAG: spec.name,
        names.CONFIGURATION_TAG: str(number),
        names.SEEDS_TAG: seeds,
    }
    if (experiment := first.user_attrs.get(attributes.SPEC)) is not None:
        tags[names.SPEC_TAG] = experiment
    return RunDocument(
        key=configuration_key(spec, number),
        name=configuration_key(spec, number),
        level="result",
        kind="configuration",
        under=key,
        status=_status_of_all(runs, live),
        started=first.datetime_start,
        ended=_last_end(runs),
        params=_params(first),
        metrics=tuple(_mean_rows(done)),
        tags=_levelled("result", "configuration", tags),
    )


def trial_document(spec: StudySpec, key: str, trial: FrozenTrial, live: bool) -> RunDocument:
    """One run with one seed. `live`: it is being worked on right now."""
    several = has_configurations(spec)
    configuration = configuration_key(spec, attributes.configuration_of(trial))
    moment = milliseconds(trial.datetime_complete) or 0
    values = numbers(trial) | at_rungs(spec, trial)
    tags = {names.STUDY_TAG: spec.name, **_tags(trial), **_pruned(spec, trial)}
    return RunDocument(
        key=trial_key(spec, trial.number),
        name=trial_key(spec, trial.number),
        level="replicate" if several else "result",
        kind="trial",
        under=configuration if several else key,
        status=_status(trial, live),
        started=trial.datetime_start,
        ended=trial.datetime_complete,
        params=_params(trial),
        # Fixed moments make a repeated metric the same row.
        metrics=tuple(MetricRow(name, value, 0, moment) for name, value in values.items()),
        tags=_levelled("replicate" if several else "result", "trial", tags),
    )


def trial_key(spec: StudySpec, trial: int) -> str:
    return f"{spec.name}/{trial}"


def configuration_key(spec: StudySpec, configuration: int) -> str:
    return f"{spec.name}/configuration {configuration}"


def numbers(trial: FrozenTrial) -> dict[str, float]:
    """What the run shows as metrics: accuracies in %, durations in seconds."""
    seconds = attributes.seconds_of(trial)
    return attributes.metrics_of(trial) | ({} if seconds is None else {"seconds": seconds})


def at_rungs(spec: StudySpec, trial: FrozenTrial) -> dict[str, float]:
    """What it measured on its way, as `rung 0.25/test_accuracy_at_4`."""
    fractions = spec.early_stopping.rungs if spec.early_stopping else ()
    return {
        f"rung {fractions[report.rung]:g}/{key}": value
        for report, _ in attributes.rungs_of(trial)
        for key, value in means(report.measurements).items()
    }


def watched(progress: Progress) -> dict[str, float]:
    """A running trial's metrics, by stage and actor: `noise/step`, `noise/loss`,
    `noise/actor 0/images_per_second`, `noise/restarts`."""
    stage = re.sub(r"[^\w\-. /]", "_", progress.stage)
    metrics = {"step": float(progress.done), **progress.metrics}
    if progress.workers:
        metrics["restarts"] = float(progress.restarts)
    metrics |= {f"{worker.name}/images_per_second": worker.rate for worker in progress.workers}
    return {f"{stage}/{name}": value for name, value in metrics.items()}


def _levelled(level: names.Level, kind: names.Kind, tags: Mapping[str, str]) -> dict[str, str]:
    return {**tags, names.LEVEL_TAG: level, names.KIND_TAG: kind}


def _params(trial: FrozenTrial) -> dict[str, str]:
    return leaves(json.loads(trial.user_attrs.get(attributes.SPEC, "{}")))


def _in_order(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """The finished ones, as they came."""
    done = (trial for trial in trials if trial.state == TrialState.COMPLETE)
    return sorted(done, key=lambda trial: (_moment(trial), trial.number))


def _moment(trial: FrozenTrial) -> int:
    return milliseconds(trial.datetime_complete) or 0


def _mean_rows(done: Sequence[FrozenTrial]) -> Iterator[MetricRow]:
    """Step k holds the means of the first k, with 95% intervals from the second on."""
    measured = [attributes.metrics_of(trial) for trial in done]
    for count, trial in enumerate(done, start=1):
        moment = _moment(trial)
        yield MetricRow(SEEDS, float(count), count, moment)
        for name in measured[0]:
            found = mean_estimate([one[name] for one in measured[:count] if name in one])
            yield MetricRow(name, found.value, count, moment)
            if found.samples > 1:
                yield MetricRow(f"{name}.low", found.low, count, moment)
                yield MetricRow(f"{name}.high", found.high, count, moment)


def _best_so_far(
    spec: StudySpec, trials: Sequence[FrozenTrial]
) -> tuple[list[MetricRow], int | None]:
    """Rows of `best/…` at each finished trial that changed it, and the configuration that leads."""
    objective = spec.objectives[0]
    measured: defaultdict[int, list[dict[str, float]]] = defaultdict(list)
    means_of: dict[int, dict[str, float]] = {}
    rows: list[MetricRow] = []
    best: tuple[int, dict[str, float]] | None = None
    for step, trial in enumerate(_in_order(trials), start=1):
        number, found = attributes.configuration_of(trial), attributes.metrics_of(trial)
        if objective.metric not in found:  # of a journal that somebody else wrote to
            continue
        measured[number].append(found)
        means_of[number] = _means(measured[number])
        kept = {n: m for n, m in means_of.items() if not broken(spec.constraints, m)}
        if not kept:
            continue
        leads = min(kept, key=lambda n: (objective.cost(kept[n]), n))
        if (leads, kept[leads]) != best:
            best = leads, kept[leads]
            rows += [MetricRow(f"best/{k}", v, step, _moment(trial)) for k, v in best[1].items()]
    return rows, best[0] if best else None


def _means(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(run[name] for run in runs) / len(runs) for name in runs[0]}


def _last_end(trials: Iterable[FrozenTrial]) -> datetime | None:
    return max((t.datetime_complete for t in trials if t.datetime_complete), default=None)


def _status(trial: FrozenTrial, live: bool) -> Status:
    ended: dict[TrialState, Status] = {
        TrialState.COMPLETE: "FINISHED",
        TrialState.PRUNED: "FINISHED",
        TrialState.FAIL: "FAILED",
    }
    return ended.get(trial.state, "RUNNING" if live else "KILLED")


def _status_of_all(runs: Sequence[FrozenTrial], live: Container[int]) -> Status:
    """Of a configuration: that of its runs, the liveliest first."""
    found = {_status(run, run.number in live) for run in runs}
    order: tuple[Status, ...] = ("RUNNING", "KILLED", "FINISHED", "FAILED")
    return next(status for status in order if status in found)


def _pruned(spec: StudySpec, trial: FrozenTrial) -> dict[str, str]:
    rung = attributes.pruned_at(trial)
    if rung is None or spec.early_stopping is None:
        return {}
    return {names.PRUNED_TAG: f"{spec.early_stopping.rungs[rung]:g}"}


def _tags(trial: FrozenTrial) -> dict[str, str]:
    shown = {
        names.SPEC_TAG: attributes.SPEC,
        names.NOISE_TAG: attributes.NOISE,
        names.ERROR_TAG: attributes.ERROR,
        names.CONFIGURATION_TAG: attributes.CONFIGURATION,
        names.REPLICATE_TAG: attributes.REPLICATE,
    }
    found = {tag: trial.user_attrs.get(name) for tag, name in shown.items()}
    if (attempt := attributes.attempt_of(trial)) > 1:
        found[names.ATTEMPTS_TAG] = attempt
    return {tag: str(value) for tag, value in found.items() if value is not None}
