"""The plan of a sweep as a person sees it: what `--dry-run` prints."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.table import Table

from sem_ray.cli.console.output import say, stdout
from sem_ray.cli.console.short_settings import short
from sem_ray.cli.console.studies.trial_table import in_lines
from sem_ray.studies.plan.cost import Cost
from sem_ray.studies.plan.sweep_plan import SweepPlan


def show_plan(plan: SweepPlan) -> None:
    """The space, the first proposals, and the work with its cost."""
    table = Table("setting", "values", title=f"study {plan.study}: {_runs(plan)}")
    for path, allowed in plan.settings.items():
        table.add_row(path, allowed)
    stdout.print(table)
    first = Table("", *map(in_lines, plan.settings), title="first proposals")
    for number, values in enumerate(plan.proposals):
        first.add_row(str(number), *(short(values.get(path)) for path in plan.settings))
    stdout.print(first)
    stdout.print(cost_table(plan))
    for line in _remarks(plan):
        say(line)
    say("dry run: nothing was run, nothing was written")


def cost_table(plan: SweepPlan) -> Table:
    """A row a quantity; a second column if the race may take more than it must."""
    costs = [plan.least] if plan.least == plan.most else [plan.least, plan.most]
    heads = ["", "work"] if len(costs) == 1 else ["", "at least", "at most"]
    table = Table(*heads, title="what is to be done", box=box.SIMPLE_HEAD, padding=(0, 1))
    for column in table.columns[1:]:
        column.justify = "right"
    for name, *cells in zip(*(_rows(cost) for cost in costs), strict=True):
        table.add_row(name[0], *(text for _, text in (name, *cells)))
    return table


def _rows(cost: Cost) -> Iterator[tuple[str, str]]:
    yield "trials", f"{cost.trials:,}"
    if cost.surrogates not in (0, cost.generations):
        yield "surrogates' trainings", f"{cost.surrogates:,}"
    yield "generations", f"{cost.generations:,}"
    yield "victims", f"{cost.victims:,}"
    yield "passes over each image", f"{cost.passes:,.0f}"
    yield "  of generations", f"{cost.generation_passes:,.0f}"
    yield "  of victims", f"{cost.victim_passes:,.0f}"
    yield "device time", _hours(cost.device_hours)
    yield "time to the end", _hours(cost.hours)
    yield "store", _bytes(cost.store_bytes)


def _runs(plan: SweepPlan) -> str:
    """`6 configurations, each with 2 to 5 seeds`."""
    least, most = plan.seeds
    count = f"{plan.trials:,} configuration{'s' * (plan.trials > 1)}"
    if most == 1:
        return f"{count}, one seed each"
    seeds = f"{least}" if least == most else f"{least} to {most}"
    more = f", then the winner with {plan.confirming} more" if plan.confirming else ""
    return f"{count}, each with {seeds} seeds{more}"


def _remarks(plan: SweepPlan) -> Iterator[str]:
    if plan.finished:
        yield f"{plan.finished} trials are finished already; the work is what is left"
    if not plan.exact:
        yield "an estimate: which configurations run follows from results, and random ones stand in"
    yield f"devices: {plan.device}, on {plan.machine}"
    if plan.least.device_hours is None:
        yield "hours are unknown: no trial of this kind is recorded in the store"
    elif plan.rates:
        yield f"rates: {'; '.join(map(str, plan.rates))}"
    if plan.budget:
        limits = (f"{name.replace('_', ' ')} {value:g}" for name, value in plan.budget.items())
        yield f"budget: {', '.join(limits)}"


def _hours(hours: float | None) -> str:
    """`–`, `40 s`, `12 min`, `3.5 h`."""
    if hours is None:
        return "–"
    if hours < 1 / 30:
        return f"{3600 * hours:.0f} s"
    return f"{60 * hours:.0f} min" if hours < 2 else f"{hours:,.1f} h"


def _bytes(count: float) -> str:
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 1000:
            return f"{count:.0f} {unit}" if count >= 10 else f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} TB"
