"""Image sets that are decoded already, as a spec wants them: classes, limits, form."""

from __future__ import annotations

from dataclasses import replace

import torch

from sem_ray.data.class_choice import ClassChoice
from sem_ray.data.decode.form import Form
from sem_ray.data.image_set import Dataset, ImageSet
from sem_ray.data.selection import Limit, chosen
from sem_ray.data.sources.encoded_split import LoadOptions, require_two_classes


def select_rows(data: Dataset, wanted: LoadOptions) -> Dataset:
    """`data` with what is wanted of it, on the CPU. Raises `BadInput` where that is not there."""
    train = data.train
    choice = ClassChoice.first(train.name, train.classes, wanted.classes)
    test = data.test and _narrowed(data.test, choice, wanted.test_limit, wanted.form)
    narrow = _narrowed(train, choice, wanted.limit, wanted.form)
    require_two_classes(train.name, narrow.labels.numpy(), wanted.classes)
    return Dataset(narrow, test)


def _narrowed(images: ImageSet, choice: ClassChoice, limit: Limit, form: Form) -> ImageSet:
    part = chosen(images.name, images.labels.numpy(), choice, limit)
    # Taking copies; a set of which nothing is left out may be large.
    taken = images if len(part.rows) == len(images) else images.take(part.rows, part.note)
    return replace(
        taken,
        images=form.applied(taken.images, images.name),
        labels=torch.from_numpy(part.labels),
        classes=choice.names,
    )
