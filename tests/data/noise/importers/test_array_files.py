"""Torch, NumPy and safetensors files: one array of numbers, or one clear line."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from sem_ray.data.noise.importers import read_array
from sem_ray.errors import BadInput
from tests.data.noise.importers.hostile import MARK, TORCH_FILES

NOISE = np.arange(-60, 60, dtype=np.int8).reshape(2, 3, 4, 5)
COUNT = NOISE.size


def saved(file: Path, array: NDArray[Any]) -> Path:
    with file.open("wb") as stream:
        np.save(stream, array)
    return file


GOOD: dict[str, Callable[[Path], Any]] = {
    ".npy": lambda file: saved(file, NOISE),
    ".NPY": lambda file: saved(file, np.asfortranarray(NOISE)),
    ".npz": lambda file: np.savez_compressed(file, noise=NOISE),
    ".safetensors": lambda file: save_file({"delta": torch.from_numpy(NOISE)}, file),
    ".pt": lambda file: torch.save(torch.from_numpy(NOISE), file),
    ".pth": lambda file: torch.save({"n": torch.from_numpy(NOISE), "step": 3}, file),
    " param.pt": lambda file: torch.save(torch.nn.Parameter(torch.from_numpy(NOISE) * 1.0), file),
    " half.pt": lambda file: torch.save(torch.from_numpy(NOISE).bfloat16(), file),
    " turned.pt": lambda file: torch.save(
        torch.from_numpy(NOISE).to(memory_format=torch.channels_last), file
    ),
}


@pytest.mark.parametrize("suffix", GOOD)
def test_the_array_comes_back(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"noise{suffix}"
    GOOD[suffix](file)
    np.testing.assert_array_equal(read_array(file, COUNT), NOISE)


@pytest.mark.parametrize("kind", TORCH_FILES)
def test_nothing_in_a_hostile_torch_file_is_run(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "noise.pt"
    file.write_bytes(TORCH_FILES[kind](tmp_path))
    with pytest.raises(BadInput, match=r"noise\.pt ") as caught:
        read_array(file, 1_000_000)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / MARK).exists()


def test_what_a_torch_file_asked_for_is_named(tmp_path: Path) -> None:
    file = tmp_path / "noise.pt"
    file.write_bytes(TORCH_FILES["program"](tmp_path))
    with pytest.raises(BadInput, match=r"asks for posix\.system, which was not run"):
        read_array(file, COUNT)


def _header(file: Path, shape: str, descr: str = "'|i1'") -> None:
    """A .npy file that claims what it does not hold."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    file.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + b"abc")


def _two(file: Path) -> None:
    np.savez(file, one=NOISE, two=NOISE)


def _bomb(file: Path) -> None:
    """Gigabytes of zeros in a few kilobytes, under a header that says so."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|i1", "fortran_order": False, "shape": (2**33,)}
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("noise.npy", buffer.getvalue() + bytes(5_000_000))


FAULTY: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "unknown suffix": ("x.mat", lambda f: f.write_text("x"), r"noise is read from \.pkl, "),
    "nothing there": ("x.npy", lambda _: None, "cannot read .*x.npy: No such file"),
    "a folder": ("x.npy", lambda f: f.mkdir(), "x.npy is not a file"),
    "too large": ("x.npy", lambda f: f.write_bytes(bytes(3_000_000)), "3,000,000 bytes, and"),
    "text": ("x.npy", lambda f: f.write_text("hello"), r"cannot be read as \.npy"),
    "empty": ("x.npy", lambda f: f.touch(), r"cannot be read as \.npy"),
    "short": ("x.npy", lambda f: _header(f, "(2, 3, 4, 5)"), "ends early: 3 bytes of 120"),
    "claims": ("x.npy", lambda f: _header(f, "(2**40,)".replace("2**40", str(2**40))), "more than"),
    "negative": ("x.npy", lambda f: _header(f, "(-1,)"), "more than|cannot be read"),
    "objects": ("x.npy", lambda f: _header(f, "(1,)", "'|O'"), "holds object, not numbers"),
    "object array": (
        "x.npy",
        lambda f: np.save(f, np.array([1, "a"], dtype=object), allow_pickle=True),
        "holds object, not numbers",
    ),
    "text array": ("x.npy", lambda f: saved(f, np.array(["a"])), "holds <U1, not numbers"),
    "truths": ("x.npy", lambda f: saved(f, np.array([True])), "holds bool, not numbers"),
    "two arrays": ("x.npz", _two, r"holds 2 arrays \(one.npy, two.npy\)"),
    "no zip": ("x.npz", lambda f: f.write_text("x"), r"cannot be read as \.npz"),
    "zip bomb": ("x.npz", _bomb, "more than these images' noise"),
    "no safetensors": ("x.safetensors", lambda f: f.write_text("x"), "as safetensors"),
    "no tensor": ("x.safetensors", lambda f: save_file({}, f), "holds 0 tensors"),
    "two tensors": ("x.pt", lambda f: torch.save({"a": torch.ones(1), "b": torch.ones(1)}, f), "2"),
    "a list": ("x.pt", lambda f: torch.save([torch.ones(1)], f), "holds 0 tensors"),
    "complex": ("x.pt", lambda f: torch.save(torch.ones(1, dtype=torch.complex64), f), "complex64"),
    "sparse": ("x.pt", lambda f: torch.save(torch.eye(3).to_sparse(), f), "sparse"),
    "expanded": ("x.pt", lambda f: torch.save(torch.zeros(1).expand(10**12), f), "more than"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_other_files_are_refused_in_one_line(tmp_path: Path, fault: str) -> None:
    name, make, says = FAULTY[fault]
    make(tmp_path / name)
    with pytest.raises(BadInput, match=says) as caught:
        read_array(tmp_path / name, COUNT)
    assert "\n" not in str(caught.value) and name in str(caught.value)
