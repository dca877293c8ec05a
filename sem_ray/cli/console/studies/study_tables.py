"""A study as a person sees it: how it stands, how a sweep ended, the winner as YAML."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from sem_ray.cli.console.live.running_trials import running_lines
from sem_ray.cli.console.output import program, say, stdout
from sem_ray.cli.console.studies.comparison_text import in_short, sentences
from sem_ray.cli.console.studies.configuration_table import configuration_lines
from sem_ray.cli.console.studies.trial_table import trial_table
from sem_ray.spec import ExperimentSpec
from sem_ray.studies.queries import Best, StudyStatus
from sem_ray.studies.run.sweep import SweepResult
from sem_ray.studies.watch.study_view import StudyView

LEAST = 8
"""Lines of the table at the end of a sweep, whatever else there is to say."""
PROMPT = 1
"""Lines of a shell below it."""
MOST_REASONS = 3
"""Reasons of failures that are told; a screen has few lines."""

Told = tuple[str, str]
"""A sentence and its style."""


@dataclass(frozen=True)
class Swept:
    """What a sweep's end is told with."""

    sweep: SweepResult
    status: StudyStatus
    best: Best | None


def show_sweep(swept: Swept) -> None:
    """The end of a sweep, on one screen: its configurations, what failed, and the answer."""
    beside = list(_beside(swept))
    answer = list(_short_answer(swept.best)) if swept.best else []
    after = list(_what_next(swept.best.study)) if swept.best else []
    most = None
    if stdout.is_terminal:
        told = (*(text for text, _ in beside), *answer, *after)
        lines = sum(len(textwrap.wrap(text, stdout.width)) for text in told)
        most = max(stdout.height - lines - PROMPT, LEAST)
    for line in configuration_lines(swept.status, stdout.width, most):
        stdout.print(line)
    for text, style in beside:
        say(text, style=style)
    for text in answer:
        stdout.print(text, soft_wrap=not stdout.is_terminal)
    for text in after:
        say(text)


def _beside(swept: Swept) -> Iterator[Told]:
    """What is said of the sweep itself."""
    result = swept.sweep
    yield from _failures(((f"trial {f.trial}", f.error) for f in result.failed), result.study)
    yield f"{result.complete} of {result.target} trials finished; {result.seconds:.0f} s", "dim"
    if result.stopped:
        yield f"{result.stopped}: the same command with another budget goes on from here", "dim"
    if result.outlook:
        yield result.outlook, "dim"
    yield from _infeasible(swept.status)


def _what_next(study: str) -> Iterator[str]:
    yield f"its settings as YAML: {program()} best {study} --out best.yaml"
    yield f"protect with them:    {program()} protect DATA --config best.yaml --out noise"


def show_status(
    status: StudyStatus, view: StudyView | None = None, *, trials: bool = False
) -> None:
    """How a study stands: its configurations, or every trial; what runs, and why trials failed."""
    if trials:
        stdout.print(trial_table(status))
    else:
        for line in configuration_lines(status, stdout.width):
            stdout.print(line)
    if view is not None:
        for line in running_lines(view, stdout.width, 2 * len(view.running) + 1):
            stdout.print(line)
    failed = [(f"trial {row.trial}", row.error) for row in status.rows if row.error]
    for text, style in _failures(failed, status.study):
        say(text, style=style)
    state = "running now" if status.running else "not running"
    stopped = f", {status.stopped} of them stopped early" if status.stopped else ""
    ended = status.complete + status.stopped
    say(f"{ended} of {status.trials} trials finished{stopped}; {state}")
    for text, style in _infeasible(status):
        say(text, style=style)


def _failures(failed: Iterable[tuple[str, str]], study: str) -> Iterator[Told]:
    """Why trials failed, each reason once."""
    reasons: dict[str, list[str]] = {}
    for who, error in failed:
        reasons.setdefault(error, []).append(who)
    for error, names in list(reasons.items())[:MOST_REASONS]:
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"{names[0]}{others} failed: {error}", "red"
    if (more := len(reasons) - MOST_REASONS) > 0:
        yield f"and {more} other reasons: {program()} status {study} --json", "red"


def _short_answer(best: Best) -> Iterator[str]:
    if best.comparison is not None:
        yield from in_short(best.comparison)
    else:
        yield from _unraced(best)


def _infeasible(status: StudyStatus) -> Iterator[Told]:
    if status.complete and not status.feasible:
        yield "no configuration keeps to the study's constraints, so none wins", "yellow"


def show_best(best: Best) -> None:
    """The winner's YAML on stdout."""
    stdout.print(best_yaml(best))


def best_yaml(best: Best) -> str:
    """The configuration as YAML, a preset and what differs from it; which trial it is, what it
    reached and on which images, as comments in it."""
    metrics = ", ".join(f"{name} {value:.1f}" for name, value in best.metrics.items())
    found_on = f"found on {_images(best.spec)}; the images to protect are your own"
    if "data" in best.settings:
        found_on += ", brought to the form that `data` says below; take it out to keep their own"
    lines = (*_answer(best), _comment(metrics), _comment(found_on))
    return "\n".join((*lines, sections_yaml(best.settings)))


def _answer(best: Best) -> Iterator[str]:
    yield f"# best of study {best.study}"
    told = _unraced(best) if best.comparison is None else sentences(best.comparison)
    yield from map(_comment, told)


def _unraced(best: Best) -> Iterator[str]:
    """Of a configuration that no race has compared with the others."""
    number, seeds = len(best.objectives), len(best.values)
    several = f" (the first of {number} objectives)" if number > 1 else ""
    yield f"configuration {best.trial} is the best found: {best.metric} {best.value:.1f}{several}"
    if seeds > 1:
        yield f"It is the mean of {seeds} seeds; it was not raced with the others."
    else:
        yield "It is one run with one seed, and another seed may end elsewhere."


def _images(spec: ExperimentSpec) -> str:
    """On one line whatever the source is called: JSON writes line ends as escapes."""
    chosen = {key: value for key, value in spec.data.model_dump().items() if value is not None}
    return json.dumps(chosen)


def _comment(text: str) -> str:
    return textwrap.fill(text, 78, initial_indent="# ", subsequent_indent="# ")


def settings_yaml(spec: ExperimentSpec) -> str:
    """The whole experiment as YAML."""
    return sections_yaml(spec.model_dump(mode="json"))


def sections_yaml(tree: Mapping[str, Any]) -> str:
    """YAML with a paragraph a section, for a screen to hold."""
    dumped = [
        yaml.safe_dump({name: value}, sort_keys=False, default_flow_style=True, width=60)
        for name, value in tree.items()
    ]
    return "\n".join(text.strip()[1:-1] for text in dumped)
