"""The two ways a command can end badly, and nothing else.

Every message is one line that names the thing, the place and the remedy.
"""

from __future__ import annotations

import re

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


class DiskFailed(WorkFailed):
    """A disk did not take what the work had to write: it is full, read-only or gone."""


class WorkersLost(WorkFailed):
    """The processes that shared the work were killed or crashed again and again."""
