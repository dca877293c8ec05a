"""What one searched setting may be, and the space that all of them span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sem_ray.spec.origin import Origin
from sem_ray.spec.validation import validated
from sem_ray.studies.definition.space.choices import Choices
from sem_ray.studies.definition.space.ranges import Range

Distribution = Choices | Range
Space = Mapping[str, Distribution]
Values = dict[str, Any]
"""Path → value of the settings that a trial searches; lists and mappings as JSON text."""


def read_distribution(tree: Any, origin: Origin) -> Distribution:
    """The distribution in `tree`. Raises `BadInput` if it is neither a choice nor a range."""
    if not isinstance(tree, Mapping):
        raise origin.fault((), f"needs {{choices: [..]}} or {{low: .., high: ..}}, got {tree!r}")
    model: type[Distribution] = Choices if "choices" in tree else Range
    read: Distribution = validated(model, tree, origin)
    if fault := read.fault():
        raise origin.fault((fault.key,), fault.text)
    return read


def picked(space: Space, shares: Sequence[float]) -> Values:
    """One value for each path, from one number in [0, 1) each, in the order of the paths' names,
    so that the order they are written in does not matter."""
    pairs = zip(sorted(space), shares, strict=True)
    return {path: space[path].pick(float(share)) for path, share in pairs}
