"""A victim is trained once for its images and radius, and read from the store after that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sem_ray.data import Dataset
from sem_ray.errors import BadInput
from sem_ray.pipeline import victim_for
from sem_ray.progress import Progress, ProgressSink, silent
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import CLEAN
from sem_ray.store import Store
from sem_ray.store.digests import DIGESTS
from sem_ray.victims import Victim
from tests.pipeline.counting import DATA, TRAIN, Counting
from tests.samples import tiny_spec


def trained(
    store: Store,
    backend: Counting,
    spec: ExperimentSpec | None = None,
    *,
    radius: float = 0,
    data: Dataset = DATA,
    noise: str = CLEAN,
    sink: ProgressSink = silent,
) -> Victim:
    """A victim on the training images; what their noise is called is all that tells them apart."""
    used = spec or tiny_spec()
    return victim_for(used, radius, TRAIN, data, store, noise=noise, backend=backend, sink=sink)


def test_a_victim_is_trained_once_and_read_again_the_same(store: Store) -> None:
    backend = Counting()
    first = trained(store, backend)
    assert first.curve and first.seconds > 0
    assert trained(store, backend) == first
    assert backend.victims == [0]


def test_another_radius_noise_or_victim_is_trained_for_itself(store: Store) -> None:
    backend = Counting()
    trained(store, backend)
    trained(store, backend, radius=4)
    trained(store, backend, noise="abc")
    trained(store, backend, tiny_spec(victim={"steps": 2}))
    assert backend.victims == [0, 4, 0, 0]


def test_a_clean_victim_does_not_depend_on_how_noise_is_made(store: Store) -> None:
    backend = Counting()
    first = trained(store, backend)
    assert trained(store, backend, tiny_spec(noise={"radius": 4})) == first
    assert backend.victims == [0]


@pytest.mark.parametrize(("noise", "images"), [(CLEAN, "clean"), ("abc", "protected")])
def test_reports_say_on_which_images_it_is_trained(store: Store, noise: str, images: str) -> None:
    seen: list[Progress] = []
    trained(store, Counting(), noise=noise, sink=seen.append)
    assert seen and all(report.stage.endswith(f" {images}") for report in seen)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no JSON": lambda file: file.write_text("{"),
    "no mapping": lambda file: file.write_text("[]"),
    "no curve": lambda file: file.write_text("{}"),
    "another field": lambda file: file.write_text('{"curve": [], "colour": 1}'),
    "no UTF-8": lambda file: file.write_bytes(b"\xff"),
    "no file": Path.unlink,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_victim_without_digests_is_trained_again(store: Store, name: str) -> None:
    """As earlier versions wrote them, of which nothing but the content tells."""
    backend, spec = Counting(), tiny_spec(victim={"steps": 1})
    first = trained(store, backend, spec)
    (file,) = (store.root / "victim").glob("*/victim.json")
    (file.parent / DIGESTS).unlink()
    assert trained(store, backend, spec) == first
    DAMAGES[name](file)
    again = trained(store, backend, spec)
    assert again.curve == first.curve and backend.victims == [0, 0]
    assert trained(store, backend, spec) == again


def test_another_accuracy_than_was_written_is_no_accuracy(store: Store) -> None:
    """It reads well: the digests alone tell."""
    backend, spec = Counting(), tiny_spec(victim={"steps": 1})
    first = trained(store, backend, spec)
    (file,) = (store.root / "victim").glob("*/victim.json")
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "curve": [[1, 99.0]]}))
    assert trained(store, backend, spec).curve == first.curve != ((1, 99.0),)
    assert backend.victims == [0, 0]


def test_a_set_without_test_images_is_refused_before_any_training(store: Store) -> None:
    backend = Counting()
    with pytest.raises(BadInput, match="test"):
        trained(store, backend, data=Dataset(TRAIN, None))
    assert backend.victims == []
