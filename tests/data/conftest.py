"""The real images, where the machine has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def real_images() -> Path:
    """The folder that `SEM_RAY_DATA` names."""
    folder = Path(os.environ.get("SEM_RAY_DATA", ""))
    if not os.environ.get("SEM_RAY_DATA") or not folder.is_dir():
        pytest.skip("SEM_RAY_DATA names no folder of real images")
    return folder
