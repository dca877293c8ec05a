"""`schema`: what files may hold, for editors."""

from __future__ import annotations

from typing import Any, Literal

FileKind = Literal["study", "experiment"]


def schema(kind: FileKind = "study") -> dict[str, Any]:
    """JSON Schema of the files that `sweep` takes, or of those that `--config` does."""
    if kind == "experiment":
        from sem_ray.spec.schema import experiment_schema

        return experiment_schema()
    from sem_ray.studies.definition.schema import study_schema

    return study_schema()
