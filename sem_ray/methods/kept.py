"""What a method keeps of each image: beside the image, and not where it is worked on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PerImageTensor:
    """values: [n, …], one for each row here, on the run's `device` with resident images, in host
    memory with images that stream. Rows are taken to the device and put back from there."""

    values: Tensor
    device: torch.device

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        return self.values[self._there(rows)].to(self.device)

    def __setitem__(self, rows: Tensor | slice, values: Tensor) -> None:
        self.values[self._there(rows)] = values.to(self.values.device)

    def _there(self, rows: Tensor | slice) -> Tensor | slice:
        return rows.to(self.values.device) if isinstance(rows, Tensor) else rows
