"""The one place that opens a pickle, for the noise that the papers' authors published.

A pickle is a program, and loading one runs it. Four fences let this one build an array of numbers
and nothing else:

1. The whole program is read before any of it runs (`pickletools`, which only parses). It may be no
   longer than an array needs and use only the instructions that arrays use: none makes a list, a
   dictionary, a set or an instance, so nothing can nest deeply, be hashed or have attributes set,
   and no index can make the interpreter's memo large.
2. The names it may ask for are those NumPy writes into the pickle of an array.
3. What it gets for them is not NumPy: functions of this file that keep what they were given as it
   is. NumPy's own reconstruction trusts its arguments.
4. The array is made from the kept parts only after all of them were checked.

https://docs.python.org/3/library/pickle.html#restricting-globals
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sem_ray.errors import BadInput

LONGEST = 200
"""Instructions of the program; NumPy 1 and 2 write at most 80 under any protocol."""
INSTRUCTIONS = {
    *("PROTO", "FRAME", "STOP", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "MARK", "NONE"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("INT", "LONG", "LONG1", "BININT", "BININT1", "BININT2", "NEWTRUE", "NEWFALSE"),
    *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
    *("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET"),
}
"""What pickled arrays of numbers are made with."""
NUMBERS = re.compile(r"[iuf][1248]")
"""Formats of numbers, as NumPy writes them: i1, f4, … and no objects, text or records."""


def read_pickle(file: Path, limit: int) -> NDArray[Any]:
    """The array of numbers in a pickle of at most `limit` bytes; raises `BadInput` for any other
    pickle, before anything in it could act."""
    try:
        with file.open("rb") as stream:
            content = stream.read(limit)
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror}") from error
    try:
        _require_plain(content)
        made = _Reader(io.BytesIO(content)).load()
        if not isinstance(made, _Array):
            raise ValueError("it holds no array")  # noqa: TRY004  joins the others below
        return made.built()
    except Exception as error:
        # A stranger's program can go wrong in every way there is.
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadInput(
            f"{file} is not the pickle of one NumPy array of numbers, and nothing else is "
            f"unpickled ({reason}); save the array with numpy.save"
        ) from error


def _require_plain(content: bytes) -> None:
    """Read the program without running it."""
    for count, (instruction, argument, _) in enumerate(pickletools.genops(content)):
        if instruction.name not in INSTRUCTIONS:
            raise ValueError(f"it has the instruction {instruction.name}")
        if count >= LONGEST or ("PUT" in instruction.name and int(str(argument)) > LONGEST):
            raise ValueError("it is longer than an array needs")


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        found = MAKERS.get(f"{module}.{name}")
        if found is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which was not run")
        return found


@dataclass
class _Format:
    """What was said of a format of numbers; `order` is NumPy's mark of the byte order."""

    code: Any
    order: Any = "|"

    def __setstate__(self, state: Any) -> None:
        _, self.order, *_ = state

    def built(self) -> np.dtype[Any]:
        if not (isinstance(self.code, str) and NUMBERS.fullmatch(self.code)):
            raise ValueError(f"its values are {str(self.code)[:20]!r}, not numbers")
        if self.order not in ("|", "<", ">", "="):
            raise ValueError("its byte order is unknown")
        return np.dtype(self.code).newbyteorder(self.order)


@dataclass
class _Array:
    """What was said of an array: `order` C or Fortran, or K with the axes of `axes`."""

    shape: Any = ()
    format: Any = None
    order: Any = "C"
    content: Any = b""
    axes: Any = None

    def __setstate__(self, state: Any) -> None:
        _, self.shape, self.format, fortran, self.content = state
        self.order = "F" if fortran else "C"

    def built(self) -> NDArray[Any]:
        if not isinstance(self.format, _Format) or not isinstance(self.content, (bytes, bytearray)):
            raise ValueError("its values are not numbers")  # noqa: TRY004  joins the others
        numbers = np.frombuffer(self.content, self.format.built())
        if not _whole(self.shape) or self.order not in ("C", "F", "K"):
            raise ValueError("its shape is none")
        if self.order != "K":
            return numbers.reshape(self.shape, order=self.order)
        if not _whole(self.axes) or sorted(self.axes) != list(range(len(self.shape))):
            raise ValueError("its order of axes is none")
        return numbers.reshape(self.shape).transpose(self.axes)


def _whole(sizes: Any) -> bool:
    """Whether these are whole numbers from 0, as sizes are: -1 would have NumPy guess."""
    return isinstance(sizes, tuple) and all(type(size) is int and size >= 0 for size in sizes)


def _reconstructed(*_: Any) -> _Array:
    """Stands in for the empty array that `BUILD` then fills."""
    return _Array()


def _from_buffer(content: Any, form: Any, shape: Any, order: Any, axes: Any = None) -> _Array:
    """Stands in for what protocol 5 calls."""
    return _Array(shape, form, order, content, axes)


def _format(code: Any, *_: Any) -> _Format:
    return _Format(code)


def _bytes(text: Any, encoding: Any) -> bytes:
    """Stands in for `_codecs.encode`, by which protocols 0 to 2 write bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise ValueError("it encodes something else than bytes")
    return text.encode("latin1")


MAKERS: dict[str, Callable[..., Any]] = {
    "numpy.core.multiarray._reconstruct": _reconstructed,
    "numpy._core.multiarray._reconstruct": _reconstructed,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy._core.numeric._frombuffer": _from_buffer,
    "numpy.ndarray": _reconstructed,
    "numpy.dtype": _format,
    "_codecs.encode": _bytes,
}
"""The names that NumPy writes (`core` is NumPy 1's), and what stands in for them."""
