"""`--install-completion`: the names of commands and options by the tab key."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cyclopts.completion.detect import ShellDetectionError

from sem_ray.cli.app import app
from sem_ray.cli.console.output import say
from sem_ray.errors import BadInput
from sem_ray.files import writing_to


@app.command(name="--install-completion")
def install_completion(
    *, shell: Literal["bash", "zsh", "fish"] | None = None, out: Path | None = None
) -> int:
    """Write tab completion for your shell, and have its start-up file load it.

    ```
    sem-ray --install-completion
    sem-ray --install-completion --shell bash --out completion.bash
    ```

    Parameters
    ----------
    shell
        The shell; by default the one that runs this.
    out
        File for the script alone, without a change to a start-up file.
    """
    try:
        with writing_to(out or "the home folder", "name a file with --out"):
            written = app.install_completion(shell=shell, output=out, add_to_startup=out is None)
    except ShellDetectionError as error:
        raise BadInput("cannot tell which shell this is; name it with --shell") from error
    say(f"written to {written}; start a new shell to use it")
    return 0
