"""Picking a source, with limits and near misses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from sem_ray.data import load
from sem_ray.data.sources.digits import enlarged
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.sources.hub_files import write_pngs


def test_digits_are_split_by_class_and_keep_their_rows() -> None:
    data = load(DataSpec())
    test = data.require_test()
    assert data.train.images.shape == (1438, 3, 32, 32)
    assert data.train.images[:].dtype == test.images[:].dtype == torch.uint8
    assert not set(data.train.ids) & set(test.ids)
    assert len({*data.train.ids, *test.ids}) == 1797
    assert data.train.ids[0] == "digit-0000"
    shares = Counter(test.labels.tolist())
    whole = shares + Counter(data.train.labels.tolist())
    assert all(abs(shares[label] - whole[label] / 5) <= 0.5 for label in range(10))


def test_the_seed_draws_the_split_of_the_digits() -> None:
    assert load(DataSpec(seed=1)).train.ids != load(DataSpec(seed=2)).train.ids
    assert load(DataSpec(seed=1)).train.fingerprint == load(DataSpec(seed=1)).train.fingerprint


def test_enlarging_is_bilinear_and_fills_the_range() -> None:
    values = torch.zeros(1, 8, 8)
    values[0, :, 4:] = 16
    row = enlarged(values)[0, 1, 9].tolist()
    assert row[:14] == [0] * 14
    assert row[14:18] == [32, 96, 159, 223]
    assert row[18:] == [255] * 14


def test_limits_apply_to_each_split_and_enter_the_fingerprint() -> None:
    data = load(DataSpec(limit=100, test_limit=50, seed=3))
    assert np.bincount(data.train.labels).tolist() == [10] * 10
    assert np.bincount(data.require_test().labels).tolist() == [5] * 10
    assert data.train.fingerprint.endswith("+limit=100,seed=3")
    assert data.require_test().fingerprint.endswith("+limit=50,seed=3")


def test_a_limit_beyond_the_set_is_no_subset() -> None:
    whole, limited = (load(DataSpec(limit=limit)).train for limit in (None, 5000))
    assert limited.fingerprint == whole.fingerprint


@pytest.mark.parametrize("setting", ["limit", "test_limit"])
def test_a_limit_below_the_number_of_classes_names_its_setting(setting: str) -> None:
    with pytest.raises(BadInput, match=rf"data\.{setting}=9 .* 10 classes of digits"):
        load(DataSpec.model_validate({setting: 9}))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("digit", r"'digit' \(did you mean digits\?\).*torchvision:CIFAR10"),
        ("torchvision:CIFAR1O", r"did you mean torchvision:CIFAR10"),
        ("/no/such/folder", "no image set '/no/such/folder': there is no such file or folder"),
        ("", "no image set ''"),
        ("a" * 5000, "cannot open the data source"),
        ("~no-such-user/x", "cannot open the data source"),
    ],
)
def test_unknown_sources_are_named_with_the_known(source: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        load(DataSpec(source=source))
    assert "\n" not in str(caught.value)


def test_a_path_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pngs(tmp_path / "train.parquet")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load(DataSpec(source="~/train.parquet")).train.name == "~/train.parquet"


def test_nothing_is_said_of_a_crop_if_square_images_are_resized() -> None:
    assert load(DataSpec(source="digits", resize=16)).notices == ()
