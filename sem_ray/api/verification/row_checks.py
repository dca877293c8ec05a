"""Whether the rows of noise are those of the images: ids, pixels, labels, classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sem_ray.api.pairing import Paired
from sem_ray.api.verification.check import Check, Status, counted


def row_checks(pair: Paired) -> tuple[Check, ...]:
    noise, match = pair.noise, pair.match
    twice = len(noise.ids) - len(set(noise.ids))
    return (
        _shape(pair),
        counted("duplicate ids", twice, len(noise), "fail", "rows of noise that share an id"),
        _without_noise(pair),
        counted(
            "noise without image",
            len(match.without_image),
            len(noise),
            "fail",
            "rows of noise whose id no image of the set has",
        ),
        _other_pixels(pair),
        _other_labels(pair),
        _class_names(pair),
        _fingerprint(pair),
    )


def _without_noise(pair: Paired) -> Check:
    """A subset is looked at alone, so the images beyond it are known by the set's note."""
    count, note = len(pair.match.without_noise), pair.images.note
    figure = f"{count:,} of {len(pair.images):,}" + (f" ({note})" if note else "")
    return Check(
        "images without noise",
        "warn" if count or note else "ok",
        count,
        figure,
        "other images of the set are unprotected" if note else "they are unprotected",
    )


def _shape(pair: Paired) -> Check:
    sizes = list(pair.noise.values.shape)
    return Check(
        "shape", "ok", sizes[0], f"int8 {sizes}", "as many rows as ids, in the images' size"
    )


def _other_pixels(pair: Paired) -> Check:
    count = int(_differs(pair, pair.noise.digests, pair.images.digests).sum())
    meaning = "images that are not those the noise was made for"
    return counted("other pixels", count, len(pair.match.images), "fail", meaning)


def _other_labels(pair: Paired) -> Check:
    ours, theirs = pair.images.labels.tolist(), pair.noise.labels.tolist()
    count = int(_differs(pair, theirs, ours).sum())
    meaning = "rows whose label is not the image's: another order of classes?"
    return counted("other labels", count, len(pair.match.images), "fail", meaning)


def _class_names(pair: Paired) -> Check:
    """The manifest keeps class names only within the fingerprint, so they are known to differ
    where all else that enters it agrees."""
    total = len(pair.images.classes)
    if _same_contents(pair):
        return Check("class names", "ok", total, f"{total:,} classes", "as when the noise was made")
    rows_agree = _complete(pair) and not (_other_pixels(pair).value or _other_labels(pair).value)
    status: Status = "fail" if rows_agree else "warn"
    meaning = "other names, or another order" if rows_agree else "unknown while rows differ"
    return Check("class names", status, total, f"{total:,} classes", meaning)


def _fingerprint(pair: Paired) -> Check:
    ours, made_for = pair.images.fingerprint, pair.noise.manifest.fingerprint
    status: Status
    if ours == made_for:
        status, meaning = "ok", "the images it was made for, in their order"
    elif _same_contents(pair):
        status, meaning = "warn", "the images it was made for, in another order or among others"
    else:
        status, meaning = "fail", f"not the images it was made for ({made_for})"
    return Check("fingerprint", status, float(ours == made_for), ours, meaning)


def _same_contents(pair: Paired) -> bool:
    """Whether the images in the order of the noise have the fingerprint's hash, whatever words
    about subsets follow it."""
    wanted = pair.noise.manifest.fingerprint.partition("+")[0]
    if pair.images.fingerprint.partition("+")[0] == wanted:
        return True
    if not _complete(pair):
        return False
    in_order = pair.match.images[np.argsort(pair.match.noise)]
    return pair.images.take(in_order, "").fingerprint == wanted


def _complete(pair: Paired) -> bool:
    """Whether every row of the noise has its image."""
    return len(pair.match.noise) == len(pair.noise)


def _differs(pair: Paired, theirs: object, ours: object) -> NDArray[np.bool_]:
    """Where what the noise says of its rows is not what the images say."""
    mine: NDArray[np.bool_] = (
        np.asarray(theirs)[pair.match.noise] != np.asarray(ours)[pair.match.images]
    )
    return mine
