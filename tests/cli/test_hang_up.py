"""A terminal that is closed while a command runs."""

from __future__ import annotations

import os
import signal

import pytest

from sem_ray.cli import main as cli
from sem_ray.interrupts import Interrupted


def test_what_is_written_to_a_closed_terminal_goes_nowhere_and_the_command_ends_in_order() -> None:
    ours, terminal = os.openpty()
    os.close(ours)
    try:
        with pytest.raises(OSError, match="Input/output error"):
            os.write(terminal, b"a table")
        with pytest.raises(Interrupted) as stop:
            cli._hang_up([terminal])(signal.SIGHUP, None)
        assert os.write(terminal, b"a table") == 7
    finally:
        os.close(terminal)
    assert cli._interrupted(stop.value) == 129
