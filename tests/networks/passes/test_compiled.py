"""A compiled twin is the twin, at every batch size it meets and after its weights moved."""

from __future__ import annotations

import pytest
import torch

from sem_ray.networks import FrozenTwin, build_network
from tests.networks.passes.agreement import trained


@pytest.mark.long
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_compiled_passes_agree_with_plain_ones(dtype: torch.dtype) -> None:
    master = torch.float32 if dtype == torch.bfloat16 else dtype
    source = trained(build_network("small", 5, 3, seed=3).double(), 16).to(master)
    plain, compiled = FrozenTwin(source, dtype), FrozenTwin(source, dtype, compiled=True)
    for rows in (4, 3):
        images, labels = torch.rand(rows, 3, 16, 16, dtype=master), torch.arange(rows)
        ours, theirs = compiled.gradient(images, labels), plain.gradient(images, labels)
        cosine = torch.nn.functional.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0)
        assert cosine > 0.99
        if dtype == torch.float64:
            assert torch.allclose(ours, theirs, atol=1e-12)
    with torch.no_grad():
        for parameter in source.parameters():
            parameter.add_(0.01)
    images = torch.rand(4, 3, 16, 16, dtype=master)
    moved = compiled.refresh().logits(images)
    assert torch.allclose(moved, plain.refresh().logits(images), rtol=0.05, atol=0.05)
