"""The data floor stands without the libraries that only some sources need."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
for name in ("PIL", "sklearn", "torchvision", "yaml", "filelock", "ray", "pandas"):
    sys.modules[name] = None
import sem_ray.data
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
for source in ("digits", "torchvision:CIFAR10"):
    try:
        sem_ray.data.load(DataSpec(source=source))
    except BadInput as error:
        print(error)
"""


def test_data_imports_without_optional_libraries_and_names_what_a_source_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    digits, cifar = done.stdout.splitlines()
    assert "scikit-learn, which is not installed: pip install 'sem-ray[images]'" in digits
    assert "needs torchvision, which is not installed" in cifar
