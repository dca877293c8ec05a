"""Settings that follow from others, as `derived: {surrogate.radius: noise.radius / 4}`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from sem_ray.spec import ExperimentSpec
from sem_ray.spec.origin import Origin
from sem_ray.spec.reading import Tree
from sem_ray.spec.validation import did_you_mean
from sem_ray.studies.definition.space.expressions import Value, parsed

DERIVED = "derived"


def _as_text(value: Any) -> Any:
    """A formula of one number is YAML's number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value


def _is_formula(text: str) -> str:
    parsed(text)
    return text


Formula = Annotated[str, BeforeValidator(_as_text), AfterValidator(_is_formula)]


def derived_values(
    formulas: Mapping[str, str], experiment: ExperimentSpec, origin: Origin
) -> dict[str, Value]:
    """Path → value of each derived setting, from the other settings of `experiment`. Raises
    `BadInput` if one reads what is no number, or divides by zero."""
    settings = dict(paths_of(experiment.model_dump()))
    found: dict[str, Value] = {}
    for path in _in_order(formulas, origin):

        def lookup(name: str, path: str = path) -> Value:
            value = found.get(name, settings.get(name))
            if isinstance(value, bool) or not isinstance(value, int | float):
                shown = "null" if value is None else repr(value)
                text = f"{path}: {name} is {shown}, and a formula needs a number; set it in base"
                raise origin.fault((DERIVED, path), f"{DERIVED}: {text}")
            return value

        try:
            found[path] = parsed(formulas[path]).value(lookup)
        except (ZeroDivisionError, OverflowError) as error:
            text = f"{path}: {formulas[path]} has no value ({error}); change the formula or search"
            raise origin.fault((DERIVED, path), f"{DERIVED}: {text}") from error
    return found


def refuse_bad_formulas(
    formulas: Mapping[str, str],
    given: Mapping[str, Collection[str]],
    experiment: ExperimentSpec,
    origin: Origin,
) -> None:
    """Raise `BadInput` if a derived setting is `given` elsewhere too (section of the file → paths),
    reads what is no setting, or reads itself by a circle."""
    known = dict(paths_of(experiment.model_dump()))
    for path, text in formulas.items():
        for section, paths in given.items():
            if path in paths:
                fault = f"{path} is in {section} as well; drop it there, or here"
                raise origin.fault((DERIVED, path), f"{DERIVED}: {fault}")
        for name in parsed(text).settings:
            if name not in known:
                fault = f"{path}: there is no setting {name}{did_you_mean(name, known)}"
                raise origin.fault((DERIVED, path), f"{DERIVED}: {fault}")
    _in_order(formulas, origin)


def _in_order(formulas: Mapping[str, str], origin: Origin) -> tuple[str, ...]:
    """The derived settings, each after those that it reads."""
    reads = {path: parsed(text).settings for path, text in formulas.items()}
    graph = {path: [name for name in names if name in reads] for path, names in reads.items()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        text = f"formulas go in a circle ({circle}); give one of them a number"
        raise origin.fault((DERIVED, error.args[1][0]), f"{DERIVED}: {text}") from error


def paths_of(tree: Tree, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of every setting that is no group."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from paths_of(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
