"""Results of `export`, `import` and `verify` as a person reads them."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from sem_ray.api.exporting import Exported
from sem_ray.api.importing import Imported
from sem_ray.api.verification.verify import Verified
from sem_ray.cli.console.output import say, stdout

STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def show_exported(result: Exported) -> None:
    left_out = f", {result.left_out:,} without noise left out" if result.left_out else ""
    stdout.print(f"{result.images:,} images protected by noise {result.noise}{left_out}")
    stdout.print(f"in {result.folder} ({result.format})")


def show_imported(result: Imported) -> None:
    stdout.print(f"noise {result.identity}, radius {result.radius:g}/255, imported")
    stdout.print(f"for {result.images:,} images, fingerprint {result.fingerprint}")
    stdout.print(f"in {result.folder} (look at preview.png)")


def show_verified(result: Verified) -> None:
    stdout.print(check_table(result))
    warned = sum(check.status == "warn" for check in result.checks)
    say(
        f"{len(result.checks)} checks on {result.images:,} images: {result.failed} failed, "
        f"{warned} with a warning"
    )


def check_table(result: Verified) -> Table:
    table = Table(title=f"noise {result.noise}", box=box.SIMPLE_HEAD, show_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("")
    table.add_column("figure", overflow="fold")
    table.add_column("what it means", overflow="fold")
    for check in result.checks:
        status = Text(check.status, style=STYLES[check.status])
        table.add_row(check.name, status, check.figure, check.meaning)
    return table
