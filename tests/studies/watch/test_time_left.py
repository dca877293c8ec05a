"""Time left, from whatever tells it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_ray.progress import Progress
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import preset
from sem_ray.studies.watch.time_left import TrialPace, share_done, time_left

SPEC = ExperimentSpec.model_validate(preset("quick"))


def test_finished_trials_say_how_long_one_takes() -> None:
    left = time_left(3, [TrialPace(40, None)], [90, 110], at_once=1)
    assert left is not None
    assert left.seconds == pytest.approx(3 * 100 + 60)
    assert left.basis == "from 2 finished trials"


def test_before_the_first_end_the_steps_of_running_trials_say_it() -> None:
    left = time_left(2, [TrialPace(30, 0.25), TrialPace(30, 0.25)], [], at_once=2)
    assert left is not None
    assert left.seconds == pytest.approx((2 * 120 + 2 * 90) / 2)
    assert left.basis == "from the steps of running trials"


def test_nothing_is_said_before_anything_tells_it() -> None:
    assert time_left(3, [TrialPace(1, None)], [], at_once=2) is None
    assert time_left(3, [TrialPace(1, 0.0)], [], at_once=2) is None


def test_at_the_end_nothing_is_left() -> None:
    left = time_left(0, [], [], at_once=2)
    assert left is not None and left.seconds == 0


def test_it_is_never_less_than_the_longest_running_trial_takes() -> None:
    left = time_left(0, [TrialPace(0, None), TrialPace(100, None)], [100], at_once=8)
    assert left is not None and left.seconds == pytest.approx(100)


@given(
    st.integers(0, 50),
    st.lists(st.builds(TrialPace, st.floats(0, 1e4), st.none() | st.floats(0.01, 1)), max_size=8),
    st.lists(st.floats(0.01, 1e4), max_size=8),
    st.integers(1, 16),
)
def test_more_trials_take_no_less_time(
    waiting: int, running: list[TrialPace], finished: list[float], at_once: int
) -> None:
    one = time_left(waiting, running, finished, at_once)
    more = time_left(waiting + 1, running, finished, at_once)
    assert one is None or one.seconds >= 0
    if one is not None and more is not None and len(running) >= at_once:
        assert more.seconds >= one.seconds - 1e-6


def test_the_share_of_a_trial_grows_from_stage_to_stage() -> None:
    reports = [
        Progress("noise", 0, 300),
        Progress("noise", 150, 300),
        Progress("noise", 300, 300),
        Progress("final pass", 4, 8, "blocks"),
        Progress("victim ρ=0 clean", 150, 300),
        Progress("victim ρ=2 protected", 300, 300),
    ]
    shares = [share_done(SPEC, report) for report in reports]
    assert all(share is not None for share in shares)
    assert shares == sorted(shares, key=lambda share: share or 0)
    assert shares[0] == 0 and shares[-1] == pytest.approx(1)


def test_a_stage_that_no_trial_has_says_nothing() -> None:
    assert share_done(SPEC, Progress("reading images", 1, 2)) is None
    assert share_done(SPEC, Progress("noise", 0, 0)) is None
