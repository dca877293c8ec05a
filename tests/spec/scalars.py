"""Values that a settings file may hold at the end of a path."""

from __future__ import annotations

from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("aρ:#'\"{}[]-,*& ", max_size=6)
)
