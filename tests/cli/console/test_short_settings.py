"""Settings on little room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sem_ray.cli.console.short_settings import short_names, short_settings

PATHS = st.lists(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join), unique=True, max_size=8
)


def test_names_are_as_short_as_tells_them_apart() -> None:
    names = short_names(["noise.steps", "noise.radius", "surrogate.radius", "shards"])
    assert list(names.values()) == ["steps", "noise.radius", "surrogate.radius", "shards"]
    assert short_settings({"noise.steps": 3, "noise.radius": 11.53456}, names) == (
        "steps 3  noise.radius 11.5"
    )


@given(PATHS)
def test_no_two_names_are_equal(paths: list[str]) -> None:
    names = short_names(paths)
    assert list(names) == paths and len(set(names.values())) == len(paths)
    assert all(path.endswith(name) for path, name in names.items())
