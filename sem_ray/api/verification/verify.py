"""`verify`: what a release manager wants to know before noise is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sem_ray.api.pairing import Paired, paired
from sem_ray.api.verification.check import Check
from sem_ray.api.verification.row_checks import row_checks
from sem_ray.api.verification.value_checks import filter_checks, separability_check, value_checks
from sem_ray.data.noise.noise_file import read_unverified
from sem_ray.progress import Progress, ProgressSink, silent


@dataclass(frozen=True)
class Verified:
    """A row a check, in the order they are worth reading."""

    folder: Path
    noise: str
    """The noise's identity."""
    fingerprint: str
    """Of the images it was held against."""
    images: int
    checks: tuple[Check, ...]

    @property
    def failed(self) -> int:
        return sum(check.status == "fail" for check in self.checks)

    @property
    def ok(self) -> bool:
        """Whether nothing failed; warnings are a person's to judge."""
        return not self.failed


def verify(
    noise: Path | str,
    data: str,
    *,
    store: Path | str | None = None,
    sink: ProgressSink = silent,
) -> Verified:
    """Hold the noise in the folder `noise` against the training images of `data`.

    Raises `BadInput` where its files cannot be read at all or belong to other images; everything
    that can be said about readable noise is a check in the result.
    """
    folder = Path(noise).absolute()
    pair = paired(data, read_unverified(folder), folder, store)
    found: list[Check] = []
    for total, part in _parts(pair):
        found += part
        sink(Progress("verify", len(found), max(total, len(found)), "checks"))
    return Verified(
        folder=folder,
        noise=pair.noise.manifest.identity,
        fingerprint=pair.images.fingerprint,
        images=len(pair.images),
        checks=tuple(found),
    )


def _parts(pair: Paired) -> Iterator[tuple[int, tuple[Check, ...]]]:
    """The checks as they come, quick ones first, and how many there are in all."""
    rows, values = row_checks(pair), value_checks(pair)
    total = len(rows) + len(values) + 3
    yield total, (*rows, *values)
    yield total, (separability_check(pair),)
    yield total, filter_checks(pair)
