"""The forest plot shows each effect where its numbers are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from sem_ray.exhibits.ablation.forest_plot import forest_plot, save
from sem_ray.exhibits.ablation.rows import rows
from sem_ray.studies.ablation.design import one_factor
from tests.studies.ablation.ablated import FACTORS, answered

FOUND = answered(one_factor(FACTORS), lambda point: 6.0 * point[0] - 4.0 * point[1])


def test_a_line_an_effect_with_its_interval_and_its_name() -> None:
    axes = forest_plot(FOUND).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        row.change for row in rows(FOUND)
    ]
    drawn = [tuple(np.atleast_2d(line.get_xydata()).T.tolist()) for line in axes.lines]
    for place, row in enumerate(rows(FOUND)):
        assert ([row.t_low, row.t_high], [place, place]) in drawn
        assert ([row.effect], [place]) in drawn
    assert axes.yaxis_inverted()


def test_a_panel_a_measurement() -> None:
    other = replace(FOUND.metrics[0], metric="generation_seconds", unit="s", direction="maximize")
    panels = forest_plot(replace(FOUND, metrics=(*FOUND.metrics, other))).axes
    assert [axes.get_title() for axes in panels] == ["test_accuracy_at_4", "generation_seconds"]
    assert panels[0].get_xlabel() == "effect in points   ← better"
    assert panels[1].get_xlabel() == "effect in s   better →"


def test_it_is_written_as_a_png_with_ink_in_it(tmp_path: Path) -> None:
    save(forest_plot(FOUND), tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        assert image.format == "PNG" and image.width == 1400
        assert (np.asarray(image.convert("L")) < 200).mean() > 0.01


def test_one_seed_has_points_without_intervals() -> None:
    single = answered(one_factor(FACTORS), lambda _: 0.0, seeds=1)
    lengths = [len(np.atleast_1d(line.get_xdata())) for line in forest_plot(single).axes[0].lines]
    assert lengths == [2, 1, 1, 1, 1]
