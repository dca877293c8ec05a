"""Names for images made from their pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def pixel_digests(images: NDArray[np.uint8]) -> tuple[str, ...]:
    """16 hexadecimal digits for each of [N, …] images."""
    return tuple(
        hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()[:16] for image in images
    )


def ids_from_pixels(digests: Sequence[str]) -> tuple[str, ...]:
    """Ids for a source without names: the digest, numbered where an image occurs again."""
    seen: dict[str, int] = {}
    ids = []
    for digest in digests:
        seen[digest] = seen.get(digest, 0) + 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return tuple(ids)
