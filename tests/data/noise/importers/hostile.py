"""Files that want to run something, take all memory or crash the interpreter."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

MARK = "ran"
"""The file that a payload leaves where it ran."""


class Payload:
    """Unpickled in the ordinary way, it makes a file."""

    def __init__(self, folder: Path) -> None:
        self.command = f"touch {folder / MARK}"

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def program(folder: Path) -> bytes:
    return pickle.dumps(Payload(folder))


def beside_an_array(folder: Path) -> bytes:
    """An array that can be had, and the payload before it."""
    return pickle.dumps((Payload(folder), np.zeros((6, 3, 4, 5), np.int8)))


def in_an_object_array(folder: Path) -> bytes:
    return pickle.dumps(np.array([Payload(folder), None], dtype=object))


def encoder(folder: Path) -> bytes:
    """Asks for another codec by the one name that bytes need."""
    return b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x03\x00\x00\x00hextR."


def evaluation(folder: Path) -> bytes:
    touch = f"open({str(folder / MARK)!r}, 'w')"
    return b"cbuiltins\neval\n(V" + touch.encode() + b"\ntR."


def instance(folder: Path) -> bytes:
    """The oldest way to call something."""
    return b"(Vtouch " + str(folder / MARK).encode() + b"\niposix\nsystem\n."


def deep_key(folder: Path) -> bytes:
    """Hashing a million tuples, one in the other, overflows the interpreter's stack."""
    return b"\x80\x04}N" + b"\x85" * 1_000_000 + b"Ns."


def deep(folder: Path) -> bytes:
    return b"\x80\x04N" + b"\x85" * 1_000_000 + b"."


def huge_memo(folder: Path) -> bytes:
    return b"\x80\x04Nr" + struct.pack("<I", 2**31 - 1) + b"."


def huge_bytes(folder: Path) -> bytes:
    return b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"abc."


def huge_shape(folder: Path) -> bytes:
    content = pickle.dumps(np.zeros((6, 3, 4, 5), np.int8), 2)
    return content.replace(b"(K\x06K\x03K\x04K\x05", b"(J\xff\xff\xff\x7fK\x03K\x04K\x05")


def patched_function(folder: Path) -> bytes:
    """Sets attributes of what a name stands for."""
    return b"\x80\x04cnumpy\ndtype\n}X\x01\x00\x00\x00aNsb."


PICKLES: dict[str, Callable[[Path], bytes]] = {
    made.__name__: made
    for made in (
        *(program, beside_an_array, in_an_object_array, encoder, evaluation, instance),
        *(deep_key, deep, huge_memo, huge_bytes, huge_shape, patched_function),
    )
}


def torch_program(folder: Path) -> bytes:
    buffer = io.BytesIO()
    torch.save({"noise": torch.zeros(6, 3, 4, 5), "more": Payload(folder)}, buffer)
    return buffer.getvalue()


def torch_from_pickle(folder: Path, pickled: bytes, *, compressed: bool = False) -> bytes:
    """A torch file with `pickled` for its contents."""
    saved, made = io.BytesIO(), io.BytesIO()
    torch.save(torch.zeros(2), saved)
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(made, "w", method) as target:
        for name in source.namelist():
            target.writestr(name, pickled if name.endswith("data.pkl") else source.read(name))
    return made.getvalue()


TORCH_FILES: dict[str, Callable[[Path], bytes]] = {
    "program": torch_program,
    "eval": lambda folder: torch_from_pickle(folder, evaluation(folder)),
    "deep key": lambda folder: torch_from_pickle(folder, deep_key(folder)),
    "huge memo": lambda folder: torch_from_pickle(folder, huge_memo(folder)),
    "compressed": lambda folder: torch_from_pickle(folder, b"N" * 10_000_000, compressed=True),
    "legacy": lambda folder: pickle.dumps(Payload(folder)),
    "not a zip": lambda _: b"hello",
    "torn": lambda folder: torch_program(folder)[:500],
}
