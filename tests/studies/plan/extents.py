"""An image set that nobody has to read."""

from __future__ import annotations

from sem_ray.data.sources.extent import Extent
from sem_ray.spec import DataSpec

EXTENT = Extent(images=20, shape=(3, 8, 8), classes=2)


def extent(spec: DataSpec) -> Extent:
    return EXTENT
