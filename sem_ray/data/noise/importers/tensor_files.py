"""Arrays in torch and safetensors files.

A torch file holds a pickle. `torch.load(weights_only=True)` runs it with an interpreter that builds
tensors and plain containers alone (https://docs.pytorch.org/docs/stable/notes/serialization.html);
before that, its length and the sizes of all parts are checked, so that it cannot nest deeply or
unpack into more than it is.
"""

from __future__ import annotations

import pickle
import pickletools
import re
import zipfile
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor

from sem_ray.errors import BadInput

LONGEST = 1000
"""Instructions of the pickle; a dictionary with one tensor takes about 60."""
ASKED = re.compile(r"GLOBAL (\S+)")


def read_torch(file: Path, limit: int) -> NDArray[Any]:
    """The one tensor in a torch file, bare or in a dictionary. Raises `BadInput` for others."""
    try:
        _require_modest(file, limit)
        content = torch.load(file, map_location="cpu", weights_only=True, mmap=False)
    except BadInput:
        raise
    except zipfile.BadZipFile as error:
        raise BadInput(
            f"{file} is no file of torch.save since PyTorch 1.6; if you trust it, load it with "
            "weights_only=True and save the tensor again"
        ) from error
    except pickle.UnpicklingError as error:
        asked = ASKED.search(str(error))
        reason = f"it asks for {asked[1]}, which was not run" if asked else "it is damaged"
        raise BadInput(f"{file} holds more than a tensor ({reason}); save the tensor alone") from (
            error
        )
    except Exception as error:
        # A stranger's program can go wrong in every way there is.
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise BadInput(f"{file} cannot be read as a torch file ({reason})") from error
    return _numbers(_the_tensor(content, file), file, limit)


def read_safetensors(file: Path, limit: int) -> NDArray[Any]:
    """The one tensor in a safetensors file. Raises `BadInput` where there is not exactly one."""
    try:
        with safe_open(file, framework="pt") as tensors:
            found = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{file} cannot be read as safetensors: {error}") from error
    return _numbers(_the_tensor(found, file), file, limit)


def _require_modest(file: Path, limit: int) -> None:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > limit or any(
            member.compress_type != zipfile.ZIP_STORED for member in members
        ):
            raise BadInput(f"{file} unpacks into more than these images' noise")
        for member in members:
            if member.filename.endswith(".pkl"):
                _require_short(archive.read(member), file)


def _require_short(program: bytes, file: Path) -> None:
    """Read the pickle without running it."""
    for count, (instruction, argument, _) in enumerate(pickletools.genops(program)):
        if count >= LONGEST or ("PUT" in instruction.name and int(str(argument)) > LONGEST):
            raise BadInput(f"{file} holds more than a tensor; save the noise alone")


def _the_tensor(content: Any, file: Path) -> Tensor:
    found = list(content.values()) if isinstance(content, dict) else [content]
    tensors = [value for value in found if isinstance(value, Tensor)]
    if len(tensors) != 1:
        raise BadInput(f"{file} holds {len(tensors)} tensors where one is the noise; save it alone")
    return tensors[0].detach()


def _numbers(tensor: Tensor, file: Path, limit: int) -> NDArray[Any]:
    plain = tensor.layout == torch.strided and tensor.device.type == "cpu"
    if not plain or tensor.is_quantized or tensor.is_complex() or tensor.dtype == torch.bool:
        raise BadInput(f"{file} holds {tensor.dtype} in {tensor.layout}, not plain numbers")
    if tensor.numel() * tensor.element_size() > limit:
        raise BadInput(f"{file} says it holds {list(tensor.shape)}, more than these images' noise")
    # NumPy has no bfloat16 and no eight-bit floats.
    narrow = tensor.is_floating_point() and tensor.element_size() < 4
    array: NDArray[Any] = (tensor.float() if narrow else tensor).numpy()
    return array
