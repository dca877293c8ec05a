"""What `verify` and `export` show."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len

from sem_ray.api import Exported, Verified
from sem_ray.api.verification.check import Check
from sem_ray.cli.console.noise_tables import show_exported, show_verified
from tests.cli.console.conftest import MakeScreen


def test_checks_are_a_table_with_their_status_that_fits(screen: MakeScreen) -> None:
    seen = screen(width=80)
    checks = (
        Check("other pixels", "fail", 3, "3 of 2,500", "images that are not those of the noise"),
        Check("linear separability", "ok", 50.0, "[red]100.0%", "told by the noise alone " * 4),
        Check("saturated", "warn", 0.5, "50.0%", "of the values were clipped"),
    )
    show_verified(Verified(Path("/noise"), "abc", "f00", 2500, checks))
    (line,) = [line for line in seen.lines if "other pixels" in line]
    assert line.split()[:6] == ["other", "pixels", "fail", "3", "of", "2,500"]
    assert "3 checks on 2,500 images: 1 failed, 1 with a warning" in seen.text
    assert "[red]100.0%" in seen.text and "…" not in seen.text
    assert max(cell_len(line) for line in seen.lines) <= 80


def test_exported_says_what_was_left_out(screen: MakeScreen) -> None:
    seen = screen()
    show_exported(Exported(Path("/out"), "parquet", 2500, 40, "abc", ()))
    assert "2,500 images protected by noise abc, 40 without noise left out" in seen.text
    assert "in /out (parquet)" in seen.text
