"""The program: a command line in, an exit status out."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from cyclopts import CycloptsError

from sem_ray.cli.commands import app
from sem_ray.cli.console.output import say, say_error
from sem_ray.errors import BadInput, SemRayError
from sem_ray.interrupts import Interrupted, interrupt

# Before torch is imported: idle OpenMP threads must not spin on the cores of a neighbouring run.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and exit with its status. SIGTERM ends it as Ctrl-C does, and so does a
    terminal that is closed, unless the command was started with nohup."""
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _hang_up([fd for fd in (1, 2) if os.isatty(fd)]))
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """The exit status of one command line: 0, 1 if the work failed, 2 for bad input, 130 if it was
    interrupted."""
    try:
        result = app(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        say_error(f"{error} (see sem-ray --help)")
        return BadInput.exit_code
    except SemRayError as error:
        say_error(str(error))
        return error.exit_code
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("sem_ray"):
            raise
        say_error(f"this needs {error.name}, which is missing: pip install 'sem-ray[all]'")
        return BadInput.exit_code
    except KeyboardInterrupt as stop:
        return _interrupted(stop)
    return result if isinstance(result, int) else 0


def _hang_up(terminals: Sequence[int]) -> Callable[[int, FrameType | None], None]:
    """A handler of SIGHUP. Writing to a terminal that is gone fails, and would keep the command
    from ending in order."""

    def handler(signum: int, frame: FrameType | None) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for terminal in terminals:
            os.dup2(nowhere, terminal)
        os.close(nowhere)
        interrupt(signum, frame)

    return handler


def _interrupted(stop: KeyboardInterrupt) -> int:
    """Say what an interrupt leaves. The status is a shell's: 128 and the signal's number."""
    told = stop if isinstance(stop, Interrupted) else Interrupted()
    kept = told.saved or "what was finished is kept"
    say(f"{_SIGNALS[told.signum]}; {kept}, and the same command goes on from there")
    return 128 + told.signum


_SIGNALS: dict[int, str] = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "hung up",
}
