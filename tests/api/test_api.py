"""What `import sem_ray` offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import sem_ray
from sem_ray import api

LIGHT = "import sys, sem_ray; print(sorted({'torch', 'ray', 'rich', 'yaml'} & set(sys.modules)))"


@pytest.mark.parametrize("name", sorted(set(sem_ray.__all__) - {"__version__"}))
def test_the_verbs_are_functions_of_the_package_and_documented(name: str) -> None:
    verb = getattr(sem_ray, name)
    assert verb is getattr(api, name)
    assert callable(verb) and verb.__doc__ and name in sem_ray.__all__


def test_every_name_that_is_offered_is_there() -> None:
    for module in (sem_ray, api):
        assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.parametrize("module", [sem_ray, api])
def test_a_name_that_is_not_there_is_an_attribute_error(module: object) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'protcet'"):
        getattr(module, "protcet")  # noqa: B009  # a constant name is what the user writes


def test_importing_the_package_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
