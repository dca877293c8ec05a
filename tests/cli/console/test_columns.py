"""Text in columns and on lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sem_ray.cli.console.columns import aligned, cut, wrapped

CELLS = st.lists(st.tuples(st.text("ab→ρ3", max_size=6), st.text("xyz", max_size=4)), min_size=1)


@given(CELLS)
def test_every_row_is_as_wide_as_the_others(rows: list[tuple[str, str]]) -> None:
    lines = aligned(rows, words=(1,))
    assert len({cell_len(line) for line in lines}) == 1
    for (number, word), line in zip(rows, lines, strict=True):
        assert line.strip().startswith(number) or not number
        assert word in line


def test_settings_are_broken_between_and_not_inside_them() -> None:
    text = "noise.radius 16  steps 3  perturbation_scale 0.317"
    assert wrapped(text, 32, "  ") == ["  noise.radius 16  steps 3", "  perturbation_scale 0.317"]
    assert wrapped(text, 32, "  ", most=1) == [f"  {text}"]


def test_a_line_is_cut_at_the_end_of_the_screen() -> None:
    assert cut("a line that is long", 8).plain == "a line …"
    assert cut("short  ", 8).plain == "short"
