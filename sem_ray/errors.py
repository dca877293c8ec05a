"""The two ways a command can end badly, and nothing else.

Every message is one line that names the thing, the place and the way out.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What must not reach a terminal: control characters, among them those that begin escape codes,
separators of lines, characters that reorder the text around them ("bidi" embeddings, overrides and
isolates), and how Python shows bytes that are no UTF-8."""


class SemRayError(Exception):
    """A failure that sem-ray foresaw; its text is what the user reads."""

    exit_code = 1


class BadInput(SemRayError):
    """What was asked for cannot be done as asked: the user must change the input (exit 2)."""

    exit_code = 2


class WorkFailed(SemRayError):
    """The request was sound and the work did not finish (exit 1)."""

    exit_code = 1


@contextmanager
def writing_to(place: Path | str, way_out: str) -> Iterator[None]:
    """Turn an `OSError` met while writing under `place` into a `BadInput` that names it."""
    try:
        yield
    except OSError as error:
        # Libraries raise their own, with a text and without a number.
        reason = error.strerror or " ".join(str(error).split()) or type(error).__name__
        raise BadInput(f"cannot write to {place}: {reason}; {way_out}") from error


def require_space(folder: Path, size: int, what: str, way_out: str) -> None:
    """Raise `BadInput` where fewer than `size` bytes are free on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise BadInput(
            f"{what} needs {_megabytes(size)} in {folder}, where {_megabytes(free)} are free; "
            f"{way_out}"
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
