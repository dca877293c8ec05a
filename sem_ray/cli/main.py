"""The program: a command line in, an exit status out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import CycloptsError

from sem_ray.cli.commands import app
from sem_ray.cli.console.output import say, say_error
from sem_ray.errors import BadInput, SemRayError

INTERRUPTED = 130

# Before torch is imported: idle OpenMP threads must not spin on the cores of a neighbouring run.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def main(arguments: Sequence[str] | None = None) -> None:
    """The program: runs a verb and exits with its status."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """The exit status of one command line: 0, 1 where the work failed, 2 for bad input."""
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
    except KeyboardInterrupt:
        say("interrupted; what was finished is kept, and the same command goes on from there")
        return INTERRUPTED
    return result if isinstance(result, int) else 0
