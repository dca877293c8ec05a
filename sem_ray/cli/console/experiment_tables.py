"""Results of `protect` and `evaluate` as a person reads them."""

from __future__ import annotations

from statistics import fmean

from rich.table import Table

from sem_ray.api.evaluation import Evaluated
from sem_ray.api.protection import Protected
from sem_ray.cli.console.output import say, stdout
from sem_ray.evaluation import Answer, Comparison, ShortCheck
from sem_ray.metrics.statistics import Estimate
from sem_ray.pipeline import Accuracy

STYLES: dict[Answer, str] = {
    "protects": "green",
    "does not protect": "red",
    "cannot be told": "yellow",
}


INTERVALS_OVER_IMAGES = (
    "one run is a sample: intervals are over test images, and another seed moves accuracies too; "
    "--seeds 3 trains victims with three"
)
INTERVALS_OVER_SEEDS = "means and intervals over seeds of the victims; the noise is one"


def show_protected(result: Protected) -> None:
    how = "found in the store; made" if result.reused else "made"
    stdout.print(
        f"noise {result.identity}, radius {result.radius:g}/255, {how} in {result.seconds:.1f} s"
    )
    stdout.print(f"for {result.facts.description}, fingerprint {result.fingerprint}")
    stdout.print(f"in {result.folder} (look at preview.png)")
    if result.check:
        _show_check(result.check, result.advice)


def _show_check(check: ShortCheck, advice: tuple[str, ...]) -> None:
    stdout.print(check.sentence, style=STYLES[check.answer])
    for line in advice:
        stdout.print(f"  try: {line}")
    say(
        f"95% intervals over test images; one run of {check.steps} steps without adversarial "
        "training: another seed moves it; evaluate trains the victims of the settings"
    )


def show_evaluated(result: Evaluated) -> None:
    stdout.print(accuracy_table(result))
    for found in result.comparisons:
        if found.answer:
            stdout.print(answer(found), style=STYLES[found.answer])
    say(
        f"{result.train_images:,} training and {result.test_images:,} test images; "
        f"by chance {result.chance:.1f}%"
    )
    say(INTERVALS_OVER_SEEDS if result.repeats else INTERVALS_OVER_IMAGES)
    say("accuracy at the end of training (best of the curve in brackets); --json has the curves")


def answer(found: Comparison) -> str:
    """Whether the noise protects against victims of one radius."""
    who = f"victims of radius {found.radius:g}/255"
    if found.answer == "cannot be told":
        return f"whether the noise protects against {who} cannot be told"
    return f"the noise {found.answer} against {who}"


def accuracy_table(result: Evaluated) -> Table:
    """A row a radius: accuracies with their intervals, and the time of all victims."""
    table = Table(title="victims' accuracy on clean test images, %")
    table.add_column("radius\n(1/255)", justify="right")
    sides = [side for side in ("clean", "protected") if _has(result.accuracies, side)]
    for side in sides:
        table.add_column(f"trained on\n{side}", justify="right")
        table.add_column("95%\ninterval", justify="right")
    table.add_column("seconds", justify="right")
    for runs, found in zip(
        zip(result.accuracies, *result.repeats, strict=True), result.comparisons, strict=True
    ):
        cells = [cell for side in sides for cell in _cells(runs, side, getattr(found, side))]
        victims = [victim for row in runs for victim in (row.clean, row.protected) if victim]
        seconds = sum(victim.seconds for victim in victims)
        table.add_row(f"{found.radius:g}", *cells, f"{seconds:.0f}")
    return table


def _has(rows: tuple[Accuracy, ...], side: str) -> bool:
    return any(getattr(row, side) is not None for row in rows)


def _cells(runs: tuple[Accuracy, ...], side: str, found: Estimate) -> tuple[str, str]:
    best = fmean(getattr(row, side).best for row in runs)
    low, high = max(found.low, 0), min(found.high, 100)
    return f"{found.value:.1f} ({best:.1f})", f"{low:.1f} to {high:.1f}"
