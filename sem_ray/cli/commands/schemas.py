"""`schema`: what study and settings files may hold, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from sem_ray.cli.app import app
from sem_ray.cli.console.output import give, write_out


@app.command
def schema(kind: Literal["study", "experiment"] = "study", /, *, out: Path | None = None) -> int:
    """JSON Schema of study files, or of settings that `--config` takes: an editor completes and
    checks YAML from it.

    ```
    sem-ray schema --out study.schema.json
    sem-ray schema experiment
    ```

    Parameters
    ----------
    kind
        study, for `sweep`; or experiment, for `--config`.
    out
        File for the schema, written whole or not at all; without it, it goes to stdout.
    """
    from sem_ray import api

    found = api.schema(kind)
    if out is None:
        give(found, lambda tree: print(json.dumps(tree, indent=2)), as_json=False)
    else:
        write_out(out, json.dumps(found, indent=2))
    return 0
