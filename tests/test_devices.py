"""Which device, in what number formats, and what `precision: auto` is."""

from __future__ import annotations

import pytest
import torch

from sem_ray.devices import (
    MASTERS,
    PASSES,
    bfloat16_pays,
    folds,
    one_thread,
    pick_device,
    pixels,
    settled,
)
from sem_ray.errors import BadInput
from sem_ray.methods import noise_identity
from sem_ray.spec.identity import victim_identity
from tests.samples import tiny_spec

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
AVX2_ALONE = {"avx2": True, "avx512_f": False, "avx512_bf16": False, "amx_bf16": False}


def this_processor(monkeypatch: pytest.MonkeyPatch, **units: bool) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {**AVX2_ALONE, **units})


def test_auto_is_a_device_of_this_machine() -> None:
    assert pick_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert pick_device("cpu") == CPU


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "meta", ""])
def test_a_device_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(BadInput, match=f"device '{name}'"):
        pick_device(name)


def test_pixels_are_fractions_in_the_format_that_weights_have() -> None:
    images = torch.tensor([0, 51, 255], dtype=torch.uint8)
    assert pixels(images, "float64").tolist() == [0.0, 0.2, 1.0]
    assert pixels(images, "bfloat16").dtype == MASTERS["bfloat16"] == torch.float32
    assert PASSES["bfloat16"] == torch.bfloat16


def test_only_gpus_below_float64_compute_all_shards_as_one_batch() -> None:
    assert [folds(GPU, "float32"), folds(GPU, "float64"), folds(CPU, "float32")] == [
        True,
        False,
        False,
    ]


def test_sums_are_on_one_thread_within_the_block() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(ValueError, match="within"), one_thread(CPU):
            assert torch.get_num_threads() == 1
            raise ValueError("within")
        assert torch.get_num_threads() == 2
        with one_thread(GPU):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("unit", ["avx512_bf16", "amx_bf16", "bf16"])
def test_auto_is_bfloat16_on_a_processor_with_arithmetic_for_it(
    monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    this_processor(monkeypatch, **{unit: True})
    assert bfloat16_pays(CPU)
    assert settled(tiny_spec(precision="auto"), CPU).precision == "bfloat16"


def test_auto_is_float32_on_a_processor_without(monkeypatch: pytest.MonkeyPatch) -> None:
    this_processor(monkeypatch)
    assert not bfloat16_pays(CPU)
    assert settled(tiny_spec(precision="auto"), CPU).precision == "float32"


def test_auto_on_a_gpu_asks_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    this_processor(monkeypatch)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda **_: True)
    assert settled(tiny_spec(precision="auto"), GPU).precision == "bfloat16"


def test_a_precision_that_was_named_stays() -> None:
    wanted = tiny_spec(precision="bfloat16")
    assert settled(wanted, CPU) is wanted


def test_identities_hold_the_precision_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    this_processor(monkeypatch)
    asked, named = tiny_spec(precision="auto"), tiny_spec(precision="float32")
    assert noise_identity(settled(asked, CPU), "f") == noise_identity(named, "f")
    with pytest.raises(ValueError, match="settled"):
        noise_identity(asked, "f")
    with pytest.raises(ValueError, match="settled"):
        victim_identity(asked, "f", "t", "clean", 4)
