"""The floors stand alone: plain PyTorch below, and no Ray, Optuna or MLflow before a study."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.data.sources.hub_files import write_pngs
from tests.system.program import Ran, refused

BLOCKED = """
import sys
from importlib.machinery import PathFinder

found = PathFinder.find_spec

def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {names!r} else found(name, path, target)

PathFinder.find_spec = find_spec
"""
STUDIES = {"ray", "optuna", "mlflow", "pandas", "sqlalchemy"}
TERMINAL = {"cyclopts", "rich"}
ABOVE_PYTORCH = (
    STUDIES
    | TERMINAL
    | {
        *("sklearn", "scipy", "torchvision", "PIL", "yaml", "matplotlib", "filelock"),
    }
)
PLAIN = """
import torch
from sem_ray import augment, data, metrics, methods, distributed
from sem_ray.methods import generation
from sem_ray import networks, spec, training, victims

labels = torch.arange(12) % 3
pixels = torch.randint(0, 256, (12, 3, 32, 32), dtype=torch.uint8)
ids = tuple(f"image-{row}" for row in range(12))
images = data.ImageSet("set", pixels, labels, ("a", "b", "c"), ids)
tiny = {"network": "small", "steps": 1, "batch": 4, "attack_steps": 1}
wanted = spec.ExperimentSpec.model_validate({
    "noise": {"steps": 1, "samples": 1}, "surrogate": tiny, "victim": {**tiny, "radii": [0]},
})
cpu = torch.device("cpu")
made = generation.generate(wanted, images, device=cpu)
victim = victims.train_victim(wanted, 0.0, images, images, device=cpu)
metrics.separability(made.noise, labels)
print(made.noise.abs().max().item() <= 8, 0 <= victim.last <= 100)
"""


def run_blocked(names: set[str], script: str, *words: object) -> Ran:
    """A Python that cannot import `names`."""
    code = BLOCKED.format(names=names) + script
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return Ran(done.returncode, done.stdout, done.stderr)


def test_the_plain_floors_make_noise_and_train_victims_on_pytorch_alone() -> None:
    ran = run_blocked(ABOVE_PYTORCH, PLAIN)
    assert (ran.code, ran.out.split()) == (0, ["True", "True"]), ran.err


VERBS = """
from sem_ray import evaluate, protect
images, out, store = sys.argv[1:]
tiny = {"network": "small", "steps": 1, "batch": 4, "attack_steps": 1}
settings = {"noise": {"steps": 1}, "surrogate": tiny, "victim": {**tiny, "radii": [0]}}
made = protect(images, out, settings=settings, store=store)
tested = evaluate(images, made.folder, store=store)
print(tested.noise == made.identity)
"""


def test_protecting_and_evaluating_need_no_ray_optuna_or_mlflow(tmp_path: Path) -> None:
    for split in ("train", "test"):
        write_pngs(tmp_path / "set" / f"{split}.parquet", first=8 * (split == "test"))
    places = (tmp_path / "set", tmp_path / "out", tmp_path / "store")
    ran = run_blocked(STUDIES | TERMINAL | {"sklearn", "torchvision"}, VERBS, *places)
    assert (ran.code, ran.out.split()) == (0, ["True"]), ran.err


PROGRAM = "from sem_ray.cli.main import main; main(sys.argv[1:])"


def test_a_sweep_without_its_libraries_says_what_to_install() -> None:
    line = refused(run_blocked(STUDIES, PROGRAM, "sweep", "study.yaml"))
    assert line == "error: this needs optuna, which is missing: pip install 'sem-ray[all]'"
