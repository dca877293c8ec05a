"""Studies as a person sees them: tables of trials, the winner as YAML."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from rich import box
from rich.table import Table

from sem_ray.cli.console.comparison_text import sentences
from sem_ray.cli.console.output import program, say, stdout
from sem_ray.cli.console.short_settings import short
from sem_ray.metrics.measurement import (
    CLEAN_ACCURACY,
    GENERATION_SECONDS,
    TEST_ACCURACY,
    metric_key,
)
from sem_ray.spec import ExperimentSpec
from sem_ray.studies.queries import Best, StudyStatus, TrialRow
from sem_ray.studies.run.sweep import SweepResult

INFEASIBLE = "infeasible"
STYLES = {"failed": "red", INFEASIBLE: "yellow"}
LONGEST_WORD = 9
"""Characters of a word in the head of a narrow column."""


@dataclass(frozen=True)
class Swept:
    """What a sweep's end is told with."""

    sweep: SweepResult
    status: StudyStatus
    best: Best | None


def show_sweep(swept: Swept) -> None:
    """The end of a sweep: every trial, what failed, and the best as YAML."""
    result, winner = swept.sweep, swept.best
    stdout.print(trial_table(swept.status))
    for failed in result.failed:
        say(f"trial {failed.trial} failed: {failed.error}", style="red")
    say(f"{result.complete} of {result.target} trials finished; {result.seconds:.0f} s")
    if result.stopped:
        say(f"{result.stopped}: the same command with another budget goes on from here")
    if result.outlook:
        say(result.outlook)
    _say_infeasible(swept.status)
    if winner is not None:
        stdout.print()
        show_best(winner)
        say(f"again at any time: {program()} best {winner.study} --out best.yaml")
        say(f"protect with it:   {program()} protect DATA --config best.yaml --out noise")


def show_status(status: StudyStatus) -> None:
    stdout.print(trial_table(status))
    state = "running now" if status.running else "not running"
    stopped = f", {status.stopped} of them stopped early" if status.stopped else ""
    ended = status.complete + status.stopped
    say(f"{ended} of {status.trials} trials finished{stopped}; {state}")
    _say_infeasible(status)


def _say_infeasible(status: StudyStatus) -> None:
    if status.complete and not status.feasible:
        say("no configuration keeps to the study's constraints, so none wins", style="yellow")


def show_best(best: Best) -> None:
    """The winner's YAML on stdout."""
    stdout.print(best_yaml(best))


def best_yaml(best: Best) -> str:
    """The configuration as YAML; which trial it is, what it reached and on which images, as
    comments in it."""
    metrics = ", ".join(f"{name} {value:.1f}" for name, value in best.metrics.items())
    found_on = f"found on {_images(best.spec)}; the images to protect are your own"
    if "data" in best.configuration:
        found_on += ", brought to the form that `data` says below; take it out to keep their own"
    lines = (*_answer(best), _comment(metrics), _comment(found_on))
    return "\n".join((*lines, sections_yaml(best.configuration)))


def _answer(best: Best) -> Iterator[str]:
    if best.comparison is not None:
        yield f"# best of study {best.study}"
        yield from map(_comment, sentences(best.comparison))
        return
    number = len(best.objectives)
    several = f" (the first of {number} objectives)" if number > 1 else ""
    which = f"trial {best.trial}, {best.metric} {best.value:.1f}{several}"
    yield f"# best of study {best.study}: {which}"
    yield "# of one run with one seed, and another seed may end elsewhere"


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


def trial_table(status: StudyStatus) -> Table:
    """A row a trial: seed, searched settings, test accuracies (%) and seconds; `7 = 2` is a further
    run of the settings of trial 2. Without frames, so that five settings and two radii fit 80
    columns."""
    table = Table(
        title=f"study {status.study} ({', '.join(map(str, status.objectives))})",
        caption=f"{_limits(status)}test accuracy in %, trained on clean→on protected images,\n"
        "by the radius ρ of the victim's adversarial training (1/255)",
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    settings = _ordered(path for row in status.rows for path in row.values)
    radii = _radii(status.rows)
    table.add_column("trial", overflow="fold")
    further = any(row.configuration != row.trial for row in status.rows)
    for name in (
        *(["seed"] if further else []),
        *map(in_lines, settings),
        *(f"ρ={radius:g}\nclean→\nprotected" for radius in radii),
        "noise\ns",
        "trial\ns",
    ):
        table.add_column(name, justify="right", overflow="fold")
    leaders = status.leaders
    for row in status.rows:
        style = "green" if row.trial in leaders else STYLES.get(_state(row))
        seed = [short(row.seed)] if further else []
        table.add_row(_name(row), *seed, *_cells(row, settings, radii), style=style)
    return table


def in_lines(path: str) -> str:
    """`noise.perturbation_scale` over four short lines, for the head of a narrow column."""
    words = path.replace(".", " ").replace("_", " ").split()
    return "\n".join(piece for word in words for piece in _hyphenated(word))


def _hyphenated(word: str) -> list[str]:
    if len(word) <= LONGEST_WORD:
        return [word]
    return [f"{word[: LONGEST_WORD - 2]}-", *_hyphenated(word[LONGEST_WORD - 2 :])]


def _name(row: TrialRow) -> str:
    """`7`, `7 failed`; `7 = 2` is a further run of trial 2."""
    again = "" if row.configuration == row.trial else f" = {row.configuration}"
    state = {"complete": "", "interrupted": " cut off"}.get(_state(row), f" {_state(row)}")
    return f"{row.trial}{again}{state}"


def _state(row: TrialRow) -> str:
    """Of its run, and of what it measured."""
    return INFEASIBLE if row.broken else row.state


def _limits(status: StudyStatus) -> str:
    """A line about the constraints, if there are some."""
    if not status.constraints:
        return ""
    return f"infeasible: does not keep to {', '.join(map(str, status.constraints))}\n"


def _cells(row: TrialRow, settings: list[str], radii: list[float]) -> list[str]:
    cells = [short(row.values.get(path)) for path in settings]
    metrics = row.metrics
    for radius in radii:
        keys = [metric_key(side, radius) for side in (CLEAN_ACCURACY, TEST_ACCURACY)]
        cells.append("→".join(_figure(metrics, key) for key in keys))
    return [*cells, _figure(metrics, GENERATION_SECONDS), _seconds(row.seconds)]


def _radii(rows: Iterable[TrialRow]) -> list[float]:
    """Of the victims on protected images."""
    measured = (found for row in rows for found in row.measurements)
    radii = (m.radius for m in measured if m.name == TEST_ACCURACY and m.radius is not None)
    return list(dict.fromkeys(radii))


def _ordered(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _figure(metrics: Mapping[str, float], name: str) -> str:
    return f"{metrics[name]:.1f}" if name in metrics else "–"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.0f}"
