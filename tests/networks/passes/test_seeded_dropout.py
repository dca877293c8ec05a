"""What networks drop while they train follows from the seed, and nothing else is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torchvision import models
from torchvision.ops import StochasticDepth

from sem_ray.distributed import LOCAL
from sem_ray.errors import BadInput
from sem_ray.networks import PartitionedNetwork, Slots, build_network, require_seeded
from sem_ray.networks.passes.seeded_dropout import Drop, drops_of
from sem_ray.rng import RandomStreams, Stream
from sem_ray.training.gradients import Gradients

CPU = torch.device("cpu")
CLASSIFIERS = models.list_models(module=models)
FAMILIES = (
    *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3"),
    *("maxvit_t", "mnasnet0_5", "mobilenet_v3_small", "regnet_y_400mf", "shufflenet_v2_x0_5"),
    *("squeezenet1_1", "swin_t", "swin_v2_t", "vgg11", "vit_b_16"),
)
"""One of each; the others take most of a minute together."""


def stream(step: int = 0, counts: tuple[int, ...] = (8,), stage: str = "layer") -> Stream:
    return RandomStreams(0, CPU).stream(stage, step, counts)


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("whole_rows", [False, True])
def test_as_many_are_dropped_as_the_rate_says_and_the_mean_stays(
    rate: float, whole_rows: bool
) -> None:
    maps = torch.ones(4000, 3, 2, 2)
    found = Drop(rate, whole_rows).applied(maps, stream(counts=(1000, 3000)))
    assert float((found == 0).double().mean()) == pytest.approx(rate, abs=0.02)
    assert torch.allclose(found[found != 0], torch.tensor(1 / (1 - rate)))
    alike = (found == found[:, :1, :1, :1]).flatten(1).all(1)
    assert alike.all() if whole_rows else alike.double().mean() < 0.9


def test_all_can_be_dropped() -> None:
    assert not Drop(1.0).applied(torch.ones(8, 3), stream()).any()


def test_shards_drop_the_same_together_and_apart() -> None:
    maps = torch.rand(8, 3, 4, 4)
    whole = Drop(0.5).applied(maps, stream(counts=(3, 5)))
    draws = RandomStreams(0, CPU)
    for shard, rows in ((0, slice(0, 3)), (1, slice(3, 8))):
        own = draws.stream("layer", 0, [len(maps[rows])], [shard])
        assert torch.equal(Drop(0.5).applied(maps[rows], own), whole[rows])


def test_steps_shards_and_layers_drop_differently() -> None:
    maps = torch.ones(8, 64)
    drawn = [stream(0, (4, 4)), stream(1, (4, 4)), stream(0, (4, 4), "other")]
    found = [Drop(0.5).applied(maps, each) for each in drawn]
    assert len({each[rows].numpy().tobytes() for each in found for rows in HALVES}) == 6


HALVES = (slice(0, 4), slice(4, 8))


def test_rows_that_are_not_the_batchs_are_refused() -> None:
    with pytest.raises(BadInput, match="drops values of 16 rows where the batch has 8"):
        Drop(0.5).applied(torch.ones(16, 3), stream())


class Own(nn.Module):
    """A network of one layer that may draw."""

    def __init__(self, layer: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.layer = layer

    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images.mean((2, 3)) * self.weight)


class Later(nn.Module):
    """The same function, in train mode alone."""

    def __init__(self, function: Callable[..., Tensor], **settings: Any) -> None:
        super().__init__()
        self.function, self.settings = function, settings

    def forward(self, values: Tensor) -> Tensor:
        return self.function(values, training=self.training, **self.settings)


DROPPING: dict[str, nn.Module] = {
    "dropout": nn.Dropout(0.5),
    "dropout in place": nn.Dropout(0.5, inplace=True),
    "function": Later(F.dropout, p=0.5),
    "function in place": Later(F.dropout, p=0.5, inplace=True),
    "function by default": Later(F.dropout),
    "stochastic depth": StochasticDepth(0.5, "row"),
}
DRAWING: dict[str, Any] = {
    "alpha": nn.AlphaDropout(0.5),
    "alpha function": Later(F.alpha_dropout),
    "channels": nn.Sequential(nn.Unflatten(1, (3, 1)), nn.Dropout1d(0.5), nn.Flatten()),
    "stochastic depth of the batch": StochasticDepth(0.5, "batch"),
    "rrelu": nn.RReLU(),
    "attention": nn.TransformerEncoderLayer(3, 1, 4, dropout=0.5),
    "noise": lambda values: values + torch.randn_like(values),
    "torch's own": lambda values: torch.dropout(values, 0.5, True),
}
QUIET: dict[str, nn.Module] = {
    "nothing": nn.Identity(),
    "never": nn.Dropout(0.0),
    "depth never": StochasticDepth(0.0, "row"),
    "attention": nn.TransformerEncoderLayer(3, 1, 4, dropout=0.0),
}


@pytest.mark.parametrize("form", DROPPING)
def test_a_network_drops_by_its_streams_in_any_form(form: str) -> None:
    network = Own(DROPPING[form]).train()
    require_seeded(network, form, (3, 8, 8))
    images = torch.rand(8, 3, 8, 8)
    before = torch.get_rng_state()
    found = [trained(network, images, step) for step in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])
    undropped = images.mean((2, 3))
    scaled = torch.where(found[0] == 0, 0.0, 2 * undropped)
    assert torch.allclose(found[0], scaled) and 0 < int((found[0] == 0).sum()) < 24


def trained(network: nn.Module, images: Tensor, step: int) -> Tensor:
    """Logits in two parts, each a shard."""
    leaves = Gradients(network, 2, LOCAL, exact=True).leaves
    draws = RandomStreams(0, CPU)

    def streams(layer: str) -> list[Stream]:
        return [draws.stream(layer, step, [len(images) // 2], [shard]) for shard in (0, 1)]

    joint = PartitionedNetwork(network, Slots(LOCAL, 2, (0, 1)))
    return torch.cat(joint.logits(torch.chunk(images, 2), leaves, streams)).detach()


@pytest.mark.parametrize("form", DRAWING)
def test_what_no_stream_can_give_is_refused(form: str) -> None:
    network = Own(DRAWING[form]).train()
    with pytest.raises(BadInput, match="network mine draws random numbers while it trains"):
        require_seeded(network, "mine", (3, 8, 8))


@pytest.mark.parametrize("form", QUIET)
def test_what_draws_nothing_is_left_as_it_is(form: str) -> None:
    network = Own(QUIET[form]).eval()
    require_seeded(network, form, (3, 8, 8))
    assert not network.training and not network.layer.training  # type: ignore[attr-defined]
    assert drops_of(fx.symbolic_trace(network.train())) == {}


@pytest.mark.parametrize(
    "model",
    [m if m in FAMILIES else pytest.param(m, marks=pytest.mark.long) for m in CLASSIFIERS],
)
def test_every_draw_of_torchvisions_classifiers_is_known(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its drops a classifier draws nothing; with them it does, where it has any."""
    network = unfilled(f"torchvision:{model}", monkeypatch)
    require_seeded(network, model, (3, 224, 224))
    drops = drops_of(fx.symbolic_trace(network.train()))
    if not drops:
        return
    monkeypatch.setattr("sem_ray.networks.passes.seeded_dropout.drops_of", lambda _: {})
    with pytest.raises(BadInput, match=r"aten\.(bernoulli_|native_dropout|dropout)"):
        require_seeded(network, model, (3, 224, 224))


def unfilled(name: str, monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """The network on the meta device, but for what its builder computes from tensors."""
    try:
        with torch.device("meta"):
            return build_network(name, 10, 3, seed=0)
    except NotImplementedError:  # PyTorch draws some fillings in no device's name
        for fill in ("normal_", "trunc_normal_", "kaiming_normal_", "kaiming_uniform_"):
            monkeypatch.setattr(nn.init, fill, lambda tensor, *_, **__: tensor)
        return build_network(name, 10, 3, seed=0)
