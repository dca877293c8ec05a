"""A sweep of another process, followed to its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sem_ray.cli.console.live import watching
from sem_ray.studies.watch.study_view import StudyView
from tests.cli.console.conftest import MakeScreen
from tests.cli.console.live_samples import view


class Poll:
    """A sweep that ends after some looks."""

    def __init__(self, runs: list[int]) -> None:
        self._views: Iterator[StudyView] = iter([view(runs=number) for number in runs])
        self._left = len(runs)

    @property
    def running(self) -> bool:
        self._left -= 1
        return self._left >= 0

    def look(self) -> StudyView | None:
        return next(self._views, None)


def test_a_file_gets_a_line_whenever_a_trial_ended(
    screen: MakeScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "EVERY", 0)
    seen = screen(terminal=False)
    watching.follow(Poll([3, 3, 4]))
    assert [line.rpartition("trials ")[2] for line in seen.lines] == [
        "3 of up to 18",
        "4 of up to 19",
    ]


def test_a_study_that_is_not_swept_is_not_waited_for(screen: MakeScreen) -> None:
    seen = screen()
    watching.follow(Poll([]))
    assert seen.lines == []
