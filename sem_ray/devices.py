"""Which device a run computes on, and in what number formats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from sem_ray.errors import BadInput
from sem_ray.spec import ExperimentSpec, Precision
from sem_ray.spec.base import PIXEL_STEPS

PASSES: dict[Precision, torch.dtype] = {
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
}
"""What convolutions compute in."""

MASTERS: dict[Precision, torch.dtype] = {**PASSES, "bfloat16": torch.float32}
"""What weights, images and noise are kept in."""


BFLOAT16_UNITS = ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16")
"""Names that `torch.cpu.get_capabilities` gives to a processor's arithmetic for bfloat16."""


def bfloat16_pays(device: torch.device) -> bool:
    """Whether `device` computes in bfloat16 at least as fast as in float32. A processor without
    arithmetic for it takes many times longer (21 times, measured on one with AVX2 alone)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # What the processor says of itself: a timed probe would choose now this, now that.
    found = torch.cpu.get_capabilities()
    return any(bool(found.get(unit)) for unit in BFLOAT16_UNITS)


def settled(spec: ExperimentSpec, device: torch.device) -> ExperimentSpec:
    """`spec` with `precision: auto` replaced by what it is on `device`, before anything is computed
    or identified."""
    if spec.precision != "auto":
        return spec
    chosen: Precision = "bfloat16" if bfloat16_pays(device) else "float32"
    return spec.model_copy(update={"precision": chosen})


def pixels(images: Tensor, precision: Precision) -> Tensor:
    """uint8 images as [0, 1], in the format that a run of `precision` keeps images in."""
    return images.to(MASTERS[precision]) / PIXEL_STEPS


def folds(device: torch.device, precision: Precision) -> bool:
    """Whether a run computes all its shards as one batch. On a GPU that is what makes it fast, and
    its sums then depend, in their last bits, on how shards are shared among devices; float64 and
    CPUs compute each shard by itself, to the same bits wherever it lies."""
    return device.type != "cpu" and precision != "float64"


@contextmanager
def one_thread(device: torch.device) -> Iterator[None]:
    """Sums over a batch in one order, whatever the number of threads around the block.

    On a CPU, PyTorch splits such sums among its threads, and float32 sums depend on the split.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def pick_device(name: str = "auto") -> torch.device:
    """`auto` is the first GPU, or the CPU if there is none.

    Raises `BadInput` for a device this machine does not have.
    """
    _same_bits_on_gpus()
    if name == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadInput(f"device {name!r} is unknown; use auto, cpu, cuda or cuda:N") from error
    gpus = torch.cuda.device_count()
    if device.type not in ("cpu", "cuda") or (
        device.type == "cuda" and (device.index or 0) >= gpus
    ):
        raise BadInput(f"device {name!r} is not on this machine ({gpus} GPUs); use auto or cpu")
    return device


def _same_bits_on_gpus() -> None:
    """cuDNN's repeatable algorithms, and float32 that is float32 and not TF32."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
