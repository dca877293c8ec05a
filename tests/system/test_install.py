"""`make env` tells what takes minutes, and of pip's other lines nothing."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / ".ci" / "install.py"
in_words: Callable[[str], str] = runpy.run_path(str(SCRIPT))["in_words"]


def test_large_downloads_and_the_unpacking_are_told() -> None:
    wheel = "torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    assert in_words(f"  Downloading {wheel} (530.6 MB)\n") == "fetching torch 2.15.0, 531 MB"
    address = f"https://index.example/packages/{wheel}"
    assert in_words(f"  Using cached {address} (530.6 MB)\n") == "fetching torch 2.15.0, 531 MB"
    told = in_words("Installing collected packages: numpy, torch, sem-ray\n")
    assert told == "unpacking 3 packages"
    many = in_words("Installing collected packages: " + ", ".join("abc" * 40) + "\n")
    assert many == "unpacking 120 packages, 1 to 3 minutes"


def test_what_takes_a_moment_is_not_told() -> None:
    for line in (
        "Collecting torch\n",
        "  Downloading rich-14.0-py3-none-any.whl (243 kB)\n",
        "  Downloading numpy-2.3.1-cp311-cp311-linux_x86_64.whl (16.6 MB)\n",
        "Successfully installed torch-2.15.0\n",
        "\n",
    ):
        assert in_words(line) == ""
