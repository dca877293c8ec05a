"""Tables of an ablation hold what the analysis found, in forms that other programs read."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from sem_ray.exhibits.ablation.rows import EffectRow, rows
from sem_ray.exhibits.ablation.tables import as_csv, decimals, interval, latex, markdown, signed
from sem_ray.studies.ablation.design import factorial, fractional, one_factor
from sem_ray.studies.ablation.fractions import smallest_fraction
from tests.studies.ablation.ablated import FACTORS, answered

FOUND = answered(one_factor(FACTORS), lambda point: 6.0 * point[0] - 4.0 * point[1])


def test_rows_are_the_effects_one_each() -> None:
    found = rows(FOUND)
    assert [row.change for row in found] == [
        "noise.samples 4 → 1",
        "noise.perturbation_scale 1 → 0",
        "noise.steps 5 → 3",
        "noise.steps 5 → 1",
    ]
    first = FOUND.metrics[0].effects[0]
    assert first.paired is not None and found[0].effect == first.paired.value
    assert (found[0].t_low, found[0].t_high) == first.paired.t_interval
    assert (found[0].seeds, found[0].unit, found[0].verdict) == (5, "%", "worse")


def test_csv_is_read_back_in_full_precision() -> None:
    read = list(csv.DictReader(io.StringIO(as_csv(FOUND))))
    for row, found in zip(read, rows(FOUND), strict=True):
        assert float(row["effect"]) == found.effect and float(row["p_holm"]) == found.p_holm
        assert row["change"] == found.change and int(row["seeds"]) == 5
    single = answered(one_factor(FACTORS), lambda _: 0.0, seeds=1)
    assert next(csv.DictReader(io.StringIO(as_csv(single))))["t_low"] == ""


def test_markdown_has_a_table_a_measurement_with_equal_columns() -> None:
    text = markdown(FOUND)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 6 and {line.count("|") for line in lines} == {10}
    assert "at the baseline (noise.samples 4, noise.perturbation_scale 1, noise.steps 5)" in text
    few = markdown(answered(one_factor(FACTORS), lambda _: 0.0, seeds=3))
    assert "- with 3 seeds only large effects" in few


def test_latex_balances_and_escapes() -> None:
    text = latex(FOUND)
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    assert body.count(r"\\") == 4 and body.count(" & ") == 4 * 8
    assert r"noise.perturbation\_scale 1 $\to$ 0 & $-$" in body
    outside = re.sub(r"\\[_%&#$]", "", body.replace(" & ", ""))
    assert not re.search(r"[_%#→×–]", outside)


def test_interactions_and_aliases_are_named() -> None:
    both = answered(factorial(FACTORS[:2]), lambda point: float(point[0] * point[1]))
    assert rows(both)[2].change == "noise.samples 4 → 1 × noise.perturbation_scale 1 → 0"
    assert rows(both)[2].probability_of_improvement is None
    two = [replace(factor, levels=factor.levels[:2]) for factor in FACTORS]
    third = answered(fractional(two, smallest_fraction(3, 3)), lambda _: 0.0)
    assert "noise.samples cannot be told from that of noise.perturbation_scale" in markdown(third)


@pytest.mark.parametrize(("size", "digits"), [(12.0, 1), (0.7, 2), (0.01, 3)])
def test_small_effects_have_more_decimals(size: float, digits: int) -> None:
    row: EffectRow = replace(rows(FOUND)[0], effect=-size)
    assert decimals([row]) == digits


def test_numbers_are_signed_and_zero_is_not_negative() -> None:
    assert signed(-0.04) == "+0.0" and signed(None) == "–" and signed(-1.25, 2) == "-1.25"
    assert interval(-1.0, 2.0) == "[-1.0, +2.0]" and interval(None, None) == "–"
