"""Each check finds the fault it is for, and sound noise has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sem_ray.api import Verified, verify
from sem_ray.api.verification.check import Check
from sem_ray.data import Noise, load
from sem_ray.errors import BadInput
from sem_ray.progress import Progress
from sem_ray.spec import DataSpec
from tests.api.noise_folders import COUNT, image_set, images_of, noise_folder
from tests.data.sources.hub_files import encoded, noise_pixels, write


def statuses(found: Verified) -> dict[str, str]:
    return {check.name: check.status for check in found.checks if check.status != "ok"}


def check(found: Verified, name: str) -> Check:
    (one,) = [check for check in found.checks if check.name == name]
    return one


def test_sound_noise_passes_every_check_and_is_told_as_it_goes(tmp_path: Path) -> None:
    data, heard = image_set(tmp_path), list[Progress]()
    noise = noise_folder(tmp_path / "noise", images_of(data))
    found = verify(noise, str(data), sink=heard.append)
    assert statuses(found) == {} and found.ok
    assert (found.images, found.fingerprint) == (COUNT, images_of(data).fingerprint)
    assert heard[-1].done == heard[-1].total == len(found.checks) == 17
    assert check(found, "radius").figure == "8 of 8/255"


def _values(row: slice, value: int) -> Callable[[Noise], Noise]:
    def change(noise: Noise) -> Noise:
        values = noise.values.clone()
        values[row] = value
        return replace(noise, values=values)

    return change


def _part(noise: Noise) -> Noise:
    rows = slice(0, 20)
    return Noise(
        noise.values[rows], noise.ids[rows], noise.labels[rows], noise.digests[rows], noise.manifest
    )


FAULTS: dict[str, tuple[Callable[[Noise], Noise], dict[str, str]]] = {
    "beyond the radius": (
        _values(slice(1), 11),
        {"radius": "fail", "effective radius": "fail"},
    ),
    "one image without": (_values(slice(1), 0), {"unchanged images": "warn"}),
    "a class without": (_values(slice(0, COUNT, 2), 0), {"unchanged images": "fail"}),
    "an id twice": (
        lambda n: replace(n, ids=(n.ids[1], *n.ids[1:])),
        {"duplicate ids": "fail", "images without noise": "warn"},
    ),
    "a stranger": (
        lambda n: replace(n, ids=("stranger.png", *n.ids[1:])),
        {"noise without image": "fail", "images without noise": "warn"},
    ),
    "only some images": (_part, {"images without noise": "warn"}),
    "other labels": (lambda n: replace(n, labels=1 - n.labels), {"other labels": "fail"}),
    "other pixels": (
        lambda n: replace(n, digests=("0" * 16, *n.digests[1:])),
        {"other pixels": "fail"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_check_and_no_other(tmp_path: Path, fault: str) -> None:
    change, expected = FAULTS[fault]
    data = image_set(tmp_path)
    found = verify(noise_folder(tmp_path / "noise", images_of(data), change), str(data))
    assert statuses(found) == expected
    assert found.ok == ("fail" not in expected.values())


def test_a_generous_radius_is_a_warning(tmp_path: Path) -> None:
    data = image_set(tmp_path)
    found = verify(noise_folder(tmp_path / "noise", images_of(data), radius=16), str(data))
    assert statuses(found) == {"radius": "warn"} and found.ok


@pytest.mark.parametrize("value", [0, 255], ids=["black", "white"])
def test_a_class_of_one_colour_fails_and_is_named(tmp_path: Path, value: int) -> None:
    pixels = noise_pixels(COUNT)
    pixels[::2] = value
    files = [encoded(image) for image in pixels]
    data = write(tmp_path / "set.parquet", files, [row % 2 for row in range(COUNT)])
    sign = -3 if value == 0 else 3
    change = _values(slice(0, COUNT, 2), sign)
    found = verify(noise_folder(tmp_path / "noise", images_of(data), change), str(data))
    assert check(found, "constant images").status == "fail"
    assert check(found, "constant images").meaning.endswith("; all of class cat")
    assert check(found, "unchanged images").status == "fail"


def test_noise_that_is_mostly_clipped_is_a_warning(tmp_path: Path) -> None:
    pixels = (noise_pixels(COUNT) > 250).astype(np.uint8)
    files = [encoded(image) for image in pixels]
    data = write(tmp_path / "set.parquet", files, [row % 2 for row in range(COUNT)])
    change = _values(slice(None), -8)
    found = verify(noise_folder(tmp_path / "noise", images_of(data), change), str(data))
    assert check(found, "saturated").status == "warn"
    assert check(found, "saturated").value > 0.9


def test_a_class_without_images_is_a_warning(tmp_path: Path) -> None:
    data = image_set(tmp_path, classes=("cat", "dog", "eel"))
    found = verify(noise_folder(tmp_path / "noise", images_of(data)), str(data))
    assert statuses(found) == {"empty classes": "warn"}
    assert check(found, "empty classes").meaning.endswith("; all of class eel")


def test_coloured_noise_that_grey_removes_is_a_warning(tmp_path: Path) -> None:
    def coloured(noise: Noise) -> Noise:
        values = torch.zeros_like(noise.values)
        values[:, 2] = 8
        values[:, 1] = -2
        values[:, 0] = 1
        return replace(noise, values=values)

    data = image_set(tmp_path)
    found = verify(noise_folder(tmp_path / "noise", images_of(data), coloured), str(data))
    assert statuses(found)["after grayscale"] == "warn"


def test_other_class_names_are_found_by_the_fingerprint(tmp_path: Path) -> None:
    data, renamed = image_set(tmp_path), image_set(tmp_path, "b.parquet", classes=("dog", "cat"))
    found = verify(noise_folder(tmp_path / "noise", images_of(data)), str(renamed))
    assert statuses(found) == {"class names": "fail", "fingerprint": "fail"}


def test_an_image_that_was_changed_is_found_twice(tmp_path: Path) -> None:
    data = image_set(tmp_path)
    noise = noise_folder(tmp_path / "noise", images_of(data))
    changed = noise_pixels(COUNT)
    changed[3] ^= 1
    write(data, [encoded(image) for image in changed], [row % 2 for row in range(COUNT)])
    found = verify(noise, str(data))
    assert statuses(found) == {
        "other pixels": "fail",
        "class names": "warn",
        "fingerprint": "fail",
    }
    assert check(found, "other pixels").figure == "1 of 24"


def _copy(data: Path, rows: list[int]) -> Path:
    """The same images in another order or number."""
    files = [encoded(pixels) for pixels in noise_pixels(COUNT)]
    names = [f"{row}.png" for row in rows]
    labels = [row % 2 for row in rows]
    return write(data.with_name("copy.parquet"), [files[row] for row in rows], labels, paths=names)


def test_a_shuffled_copy_is_the_same_set_with_a_warning(tmp_path: Path) -> None:
    data = image_set(tmp_path)
    noise = noise_folder(tmp_path / "noise", images_of(data))
    found = verify(noise, str(_copy(data, list(reversed(range(COUNT))))))
    assert statuses(found) == {"fingerprint": "warn"}


def limited(data: Path, folder: Path) -> Path:
    """Noise made with a limit of ten."""
    part = load(DataSpec(source=str(data), limit=10, seed=3)).train
    spec = {"data": {"source": str(data), "limit": 10, "seed": 3}}
    return noise_folder(folder, part, spec=spec)


def test_noise_of_a_subset_is_held_against_that_subset(tmp_path: Path) -> None:
    data = image_set(tmp_path)
    found = verify(limited(data, tmp_path / "noise"), str(data))
    assert statuses(found) == {"images without noise": "warn"}
    assert check(found, "images without noise").figure == "0 of 10 (limit=10,seed=3)"


def test_in_a_shuffled_copy_the_images_of_a_subset_are_found_by_id(tmp_path: Path) -> None:
    data = image_set(tmp_path)
    noise = limited(data, tmp_path / "noise")
    found = verify(noise, str(_copy(data, list(reversed(range(COUNT))))))
    assert statuses(found) == {"images without noise": "warn", "fingerprint": "warn"}
    assert check(found, "images without noise").value == COUNT - 10


def test_noise_of_other_images_altogether_is_refused(tmp_path: Path) -> None:
    data = image_set(tmp_path)
    strangers = replace(images_of(data), ids=tuple(f"x{row}" for row in range(COUNT)))
    with pytest.raises(BadInput, match=r"none of the 24 images of .* has noise there"):
        verify(noise_folder(tmp_path / "noise", strangers), str(data))


def test_noise_of_another_size_is_refused(tmp_path: Path) -> None:
    data = image_set(tmp_path)
    images = images_of(data)
    larger = images.with_images(images.images[:].repeat(1, 1, 2, 1), "")
    with pytest.raises(BadInput, match=r"is \[3, 12, 5\] an image, and the images .* \[3, 6, 5\]"):
        verify(noise_folder(tmp_path / "noise", larger), str(data))
