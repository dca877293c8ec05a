"""What `protect` and `evaluate` show: where, what, and whether it protects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from sem_ray.api.advice import ImageFacts
from sem_ray.api.evaluation import Evaluated
from sem_ray.api.protection import Protected
from sem_ray.cli.console.experiment_tables import show_evaluated, show_protected
from sem_ray.evaluation import ShortCheck, compared
from sem_ray.pipeline import Accuracy
from sem_ray.victims import Victim
from tests.cli.console.conftest import MakeScreen
from tests.cli.console.study_samples import SPEC


def victim(last: float, best: float) -> Victim:
    return Victim(0.0, ((1, best), (2, last)), 0.1, 12.4)


def test_protected_says_where_what_and_whether_it_was_made(screen: MakeScreen) -> None:
    facts: dict[str, Any] = {
        "folder": Path("/home/[red]out"),
        "identity": "abc",
        "fingerprint": "f00+limit=40,seed=0",
        "images": 2500,
        "radius": 8.0,
        "seconds": 46.26,
        "spec": SPEC,
        "notices": (),
        "facts": ImageFacts(2500, 10, 1, 32, 48, 0.41),
    }
    facts["check"] = None
    seen = screen()
    show_protected(Protected(reused=False, **facts))
    assert "noise abc, radius 8/255, made in 46.3 s" in seen.text
    assert "2,500 grey images of 48×32, 41% of their values black or white" in seen.text
    assert "/home/[red]out" in seen.text
    again = screen()
    show_protected(Protected(reused=True, **facts))
    assert "found in the store; made in 46.3 s" in again.text


def test_evaluated_shows_both_sides_last_and_best(screen: MakeScreen) -> None:
    seen = screen()
    rows = (
        Accuracy(0.0, victim(98.2, 98.4), victim(32.4, 41.0)),
        Accuracy(2.0, victim(97.0, 97.0), victim(52.0, 52.5)),
    )
    show_evaluated(Evaluated(rows, 2500, 1000, "abc", SPEC, (), 10.0))
    (line,) = [line for line in seen.lines if "98.2 (98.4)" in line]
    assert "32.4 (41.0)" in line and " 25 " in line
    assert "97.2 to 98.9" in line and "29.6 to 35.4" in line
    assert "2,500 training and 1,000 test images; by chance 10.0%" in seen.text
    assert "the noise protects against victims of radius 0/255" in seen.text
    assert "cannot be told" in seen.text and "another seed moves" in seen.text
    table = [line for line in seen.lines if "(" in line and " to " in line]
    assert max(cell_len(line) for line in table) <= 80


def test_evaluated_over_seeds_shows_means_and_intervals_over_seeds(screen: MakeScreen) -> None:
    seen = screen()
    runs = [(Accuracy(0.0, victim(97.0 + i, 99.0), victim(20.0 + i, 30.0)),) for i in range(3)]
    further = tuple(runs[1:])
    show_evaluated(Evaluated(runs[0], 2500, 1000, "abc", SPEC, (), 10.0, further))
    assert "98.0 (99.0)" in seen.text and "95.5 to 100.0" in seen.text
    assert "21.0 (30.0)" in seen.text and "over seeds" in seen.text


@pytest.mark.parametrize(
    ("protected", "answer", "advice"),
    [
        (20.0, "the noise protects", None),
        (99.7, "the noise does not protect", "try: 41% of the values are black or white"),
        (55.0, "whether the noise protects cannot be told", "try: "),
    ],
)
def test_the_check_of_protect_is_a_sentence_and_what_to_try(
    screen: MakeScreen, protected: float, answer: str, advice: str | None
) -> None:
    row = Accuracy(0.0, victim(100.0, 100.0), victim(protected, protected))
    found = ShortCheck(compared([row], 10.0, 400), 300, 2500, 400, False, 3.0)
    facts = ImageFacts(680, 10, 1, 128, 128, 0.41)
    seen = screen()
    show_protected(
        Protected(Path("/out"), "abc", "f00", 680, 8.0, 46.0, False, SPEC, (), facts, found)
    )
    assert f"{answer}: a small network" in seen.text
    assert (advice in seen.text) if advice else ("try:" not in seen.text)
    assert "another seed moves it" in seen.text


@pytest.mark.parametrize("side", ["clean", "protected"])
def test_a_side_that_was_not_asked_for_has_no_column(screen: MakeScreen, side: str) -> None:
    seen = screen()
    asked = {"clean": None, "protected": None, side: victim(50.0, 51.0)}
    show_evaluated(Evaluated((Accuracy(0.0, **asked),), 9, 9, None, SPEC, (), 50.0))
    (heads,) = [line for line in seen.lines if "(1/255)" in line]
    assert {name for name in ("clean", "protected") if name in heads} == {side}
