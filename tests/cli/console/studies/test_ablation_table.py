"""An ablation on a screen of 80 columns, and in a text file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sem_ray.cli.console.studies.ablation_table import ablation_text, change_lines, form_of
from sem_ray.studies.ablation.design import Factor, factorial, one_factor
from tests.studies.ablation.ablated import FACTORS, answered


def test_the_table_fits_80_columns_and_says_what_it_shows() -> None:
    found = answered(one_factor(FACTORS), lambda point: 60.0 * point[0] - 4.0 * point[1])
    text = ablation_text(found, "table")
    assert max(map(len, text.splitlines())) <= 80
    assert "noise.samples 4 → 1" in text and "worse" in text and "cannot be" in text
    assert "corrected by Holm" in text


def test_long_names_and_interactions_fit_too() -> None:
    factors = [Factor("augmentation.some.very_long_name_of_a_setting", (1, 2)), *FACTORS[:2]]
    found = answered(factorial(factors), lambda point: 120.0 * point[1])
    lines = ablation_text(found, "table").splitlines()
    assert max(len(line) for line in lines if not line.startswith("note")) <= 80


def test_a_long_change_has_its_values_on_a_line_of_their_own() -> None:
    assert change_lines("noise.steps 5 → 3") == "noise.steps 5 → 3"
    found = change_lines("noise.perturbation_scale 1 → 0 × noise.steps 5 → 3")
    assert found == "noise.perturbation_scale\n  1 → 0\n× noise.steps 5 → 3"


@pytest.mark.parametrize(
    ("out", "form"), [("a.md", "markdown"), ("a.TEX", "latex"), ("a.csv", "csv"), ("a", "table")]
)
def test_the_form_follows_the_files_name_unless_it_is_asked_for(out: str, form: str) -> None:
    assert form_of(None, Path(out)) == form
    assert form_of("csv", Path(out)) == "csv"
    assert form_of(None, None) == "table"
