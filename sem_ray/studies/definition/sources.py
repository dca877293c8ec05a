"""The image sets that a study names, as paths that hold in every folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sem_ray.data.sources.registry import NAMED, require_source
from sem_ray.errors import BadInput
from sem_ray.spec.origin import Keys
from sem_ray.spec.reading import merged, nested
from sem_ray.studies.definition.space.choices import Choices
from sem_ray.studies.definition.study_spec import SOURCE, StudySpec


def with_absolute_sources(spec: StudySpec, beside: Path) -> StudySpec:
    """The study whose images are found from any folder. Raises `BadInput` if they are not there."""
    base, search = dict(spec.base), dict(spec.search)
    data = base.get("data")
    if isinstance(data, Mapping) and "source" in data:
        source = _absolute(spec, data["source"], beside, ("base", "data", "source"))
        base = merged(base, nested(SOURCE, source))
    if isinstance(sources := search.get(SOURCE), Choices):
        choices = tuple(
            _absolute(spec, choice, beside, ("search", SOURCE, "choices", str(number)))
            for number, choice in enumerate(sources.choices)
        )
        search[SOURCE] = sources.model_copy(update={"choices": choices})
    return spec.model_copy(update={"base": base, "search": search})


def _absolute(spec: StudySpec, source: Any, beside: Path, keys: Keys) -> Any:
    """`source`, or the absolute path of what it names here or beside the search file."""
    if not isinstance(source, str) or source in NAMED:
        return source
    found = next((path for folder in (Path.cwd(), beside) if (path := _in(folder, source))), None)
    named = source if found is None else str(found.resolve())
    try:
        require_source(named)
    except BadInput as error:
        raise spec.origin.fault(keys, f"{SOURCE}: {error}") from error
    return named


def _in(folder: Path, source: str) -> Path | None:
    """What lies at `source` if it is looked up from `folder`."""
    try:
        path = folder / Path(source).expanduser()
        return path if source.strip() and path.exists() else None
    except (OSError, RuntimeError):  # a name too long, or the home of a user there is not
        return None
