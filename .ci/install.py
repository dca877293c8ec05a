"""Install the project with pip into this Python's environment, telling of large downloads only.

    .venv/bin/python .ci/install.py '.[dev]'

Bytecode is written for the modules that a sweep imports: most modules are never imported, and
compiling all of them takes a third of pip's time.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

IMPORTS = "import sem_ray.api.studies, mlflow, ray.tune, sklearn.datasets, torchvision"
MANY = 50
"""Packages: a new environment, and not a new version of one."""
FORBIDS = "PYTHONDONTWRITEBYTECODE"
LARGE = 20.0
"""MB; smaller downloads take a moment."""
DOWNLOAD = re.compile(
    r"\s*(?:Downloading|Using cached) (?:\S*/)?([^/\s-]+)-(\S+?)-\S* \(([\d.]+) MB\)"
)


def install(what: str) -> int:
    """pip's exit status; its errors reach stderr as they are."""
    options = ["--no-compile", "--constraint", "constraints.txt", "--editable", what]
    start = time.monotonic()
    command = [sys.executable, "-m", "pip", "install", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pip:
        for line in pip.stdout or ():
            if told := in_words(line):
                print(f"  {time.monotonic() - start:4.0f} s  {told}", flush=True)
    return pip.returncode or _compiled()


def _compiled() -> int:
    """Import once what a sweep imports. Python writes bytecode as it imports, unless a variable
    forbids it, and then every process of a sweep would compile anew."""
    allowed = {name: value for name, value in os.environ.items() if name != FORBIDS}
    return subprocess.run([sys.executable, "-c", IMPORTS], env=allowed, check=False).returncode


def in_words(line: str) -> str:
    """What is worth telling of a line of pip's, or nothing."""
    if line.startswith("Installing collected packages"):
        count = line.count(",") + 1
        return f"unpacking {count} packages" + (", 1 to 3 minutes" if count > MANY else "")
    found = DOWNLOAD.match(line)
    if found is None or float(found[3]) < LARGE:
        return ""
    return f"fetching {found[1]} {found[2]}, {float(found[3]):.0f} MB"


if __name__ == "__main__":
    sys.exit(install(sys.argv[1]))
