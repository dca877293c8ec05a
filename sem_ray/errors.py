"""The two ways a command can end badly, and nothing else.

Every message is one line that names the thing, the place and the way out.
"""

from __future__ import annotations


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
