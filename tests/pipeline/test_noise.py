"""The noise of a spec is made once, and again only if what is in the store is not sound."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sem_ray.data import read_noise
from sem_ray.errors import BadInput
from sem_ray.methods import noise_identity
from sem_ray.methods.generation import generate
from sem_ray.pipeline import find_noise, noise_for, space_for
from sem_ray.store import Store
from sem_ray.store.digests import DIGESTS
from tests.pipeline.counting import TRAIN, Counting
from tests.samples import random_images, tiny_spec


def test_noise_is_made_once_and_shared_by_specs_that_differ_in_the_victim(store: Store) -> None:
    backend = Counting()
    first = noise_for(tiny_spec(), TRAIN, store, backend=backend)
    again = noise_for(tiny_spec(victim={"steps": 9}), TRAIN, store, backend=backend)
    assert (first.found, again.found) == (False, True)
    assert first.folder == again.folder
    assert backend.generations == 1


def test_another_setting_or_other_images_are_other_noise(store: Store) -> None:
    backend = Counting()
    made = [
        noise_for(tiny_spec(), TRAIN, store, backend=backend),
        noise_for(tiny_spec(noise={"radius": 4}), TRAIN, store, backend=backend),
        noise_for(tiny_spec(), random_images(23, seed=1), store, backend=backend),
    ]
    assert len({one.folder for one in made}) == backend.generations == 3
    assert read_noise(made[1].folder).manifest.radius == 4


def test_stored_noise_is_what_was_generated_and_says_what_made_it(store: Store) -> None:
    spec, backend = tiny_spec(), Counting()
    stored = read_noise(noise_for(spec, TRAIN, store, backend=backend).folder)
    assert torch.equal(stored.values, generate(spec, TRAIN, device=backend.device).noise)
    manifest = stored.manifest
    assert manifest.identity == noise_identity(spec, TRAIN.fingerprint)
    assert manifest.fingerprint == TRAIN.fingerprint
    assert (manifest.method, manifest.radius) == ("sem", 8)
    assert manifest.spec == spec.model_dump(mode="json") and manifest.seconds > 0


def test_the_radius_of_a_method_without_a_bound_is_that_of_its_largest_value(store: Store) -> None:
    spec = tiny_spec(noise={"method": "shortcut"})
    stored = read_noise(noise_for(spec, TRAIN, store, backend=Counting()).folder)
    assert stored.manifest.radius == stored.values.abs().max() != spec.noise.radius


def test_noise_is_found_if_it_is_finished_and_nothing_is_made_for_asking(store: Store) -> None:
    assert find_noise(tiny_spec(), TRAIN, store) is None
    assert not store.root.exists()
    made = noise_for(tiny_spec(), TRAIN, store, backend=Counting())
    found = find_noise(tiny_spec(), TRAIN, store)
    assert found is not None and found.found and found.folder == made.folder


@pytest.mark.parametrize("digests", [True, False], ids=["with digests", "without, as they were"])
def test_damaged_noise_is_not_found_and_is_made_again(store: Store, digests: bool) -> None:
    spec, backend = tiny_spec(), Counting()
    folder = noise_for(spec, TRAIN, store, backend=backend).folder
    whole = read_noise(folder).values.clone()  # of a mapped file, which is to be cut short
    damage(folder, digests)
    assert find_noise(spec, TRAIN, store) is None
    assert not noise_for(spec, TRAIN, store, backend=backend).found
    assert backend.generations == 2
    assert torch.equal(read_noise(folder).values, whole)


def damage(folder: Path, digests: bool) -> None:
    """Cut the file of values short; noise of earlier versions has no digests that would tell."""
    (file,) = folder.glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100])
    if not digests:
        (folder / DIGESTS).unlink()


def test_a_disk_without_the_space_is_refused_before_any_generation(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = Counting()
    monkeypatch.setattr("sem_ray.pipeline.noise.MARGIN", 10**18)
    assert space_for(TRAIN) > 10**18
    with pytest.raises(BadInput, match="the noise"):
        noise_for(tiny_spec(), TRAIN, store, backend=backend)
    assert backend.generations == 0
