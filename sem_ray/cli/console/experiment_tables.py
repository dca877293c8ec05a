"""Results of `protect` and `evaluate` as a person reads them."""

from __future__ import annotations

from rich.table import Table

from sem_ray.api.evaluation import Evaluated
from sem_ray.api.protection import Protected
from sem_ray.cli.console.output import say, stdout
from sem_ray.pipeline import Accuracy
from sem_ray.victims import Victim


def show_protected(result: Protected) -> None:
    how = "found in the store; made" if result.reused else "made"
    stdout.print(
        f"noise {result.identity}, radius {result.radius:g}/255, {how} in {result.seconds:.1f} s"
    )
    stdout.print(f"for {result.images:,} images, fingerprint {result.fingerprint}")
    stdout.print(f"in {result.folder} (look at preview.png)")


def show_evaluated(result: Evaluated) -> None:
    stdout.print(accuracy_table(result))
    say(f"{result.train_images:,} training and {result.test_images:,} test images")
    say("accuracy at the end of training (best of the curve in brackets); --json has the curves")


def accuracy_table(result: Evaluated) -> Table:
    table = Table(title="victims' accuracy on clean test images, %")
    table.add_column("radius\n(1/255)", justify="right")
    sides = [side for side in ("clean", "protected") if _has(result.accuracies, side)]
    for side in sides:
        table.add_column(f"trained on\n{side}", justify="right")
    table.add_column("seconds", justify="right")
    for row in result.accuracies:
        victims = [victim for victim in (row.clean, row.protected) if victim]
        seconds = sum(victim.seconds for victim in victims)
        table.add_row(f"{row.radius:g}", *(_figure(victim) for victim in victims), f"{seconds:.0f}")
    return table


def _has(rows: tuple[Accuracy, ...], side: str) -> bool:
    return any(getattr(row, side) is not None for row in rows)


def _figure(victim: Victim) -> str:
    return f"{victim.last:.1f} ({victim.best:.1f})"
