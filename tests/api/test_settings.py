"""Which settings a verb works with, and what it remarks about them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import pytest

from sem_ray.api.run_options import RunKeywords, RunOptions
from sem_ray.api.settings import notices, resolve, stem_notices
from sem_ray.errors import BadInput
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.reading import merged


def spec(**changes: Any) -> ExperimentSpec:
    usual = {"noise": {"radius": 8}, "victim": {"radii": [0, 4]}}
    return ExperimentSpec.model_validate(merged(usual, changes))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text("noise: {radius: 12, steps: 4}\nsurrogate: {network: small}\n")
    return file


def resolved(
    data: str | None = "digits",
    base: Mapping[str, Any] | None = None,
    **keywords: Unpack[RunKeywords],
) -> ExperimentSpec:
    return resolve(data, RunOptions(**keywords), base)


def test_quick_is_what_nobody_chose(config: Path) -> None:
    assert resolved() == resolved(preset="quick")
    assert resolved().surrogate.network == "small"


def test_each_layer_overrules_the_last(config: Path) -> None:
    found = resolved(
        "mine",
        preset="cifar10",
        config=config,
        settings=["noise.radius=16", "data.limit=9"],
        limit=10,
        seed=3,
    )
    assert found.surrogate.steps == 5000  # the preset's
    assert found.noise.alternating.steps == 4  # the file's over the preset's
    assert found.noise.radius == 16  # the setting's over the file's
    assert (found.data.source, found.data.limit, found.seed) == ("mine", 10, 3)  # over all


def test_a_file_alone_stands_on_the_defaults_and_not_on_quick(config: Path) -> None:
    assert resolved(config=config).surrogate.steps == ExperimentSpec().surrogate.steps


def test_what_noise_was_made_with_stands_in_for_a_preset() -> None:
    made = {"noise": {"radius": 5}, "seed": 9}
    assert resolved(base=made).noise.radius == 5
    assert resolved(base=made, settings=["noise.radius=6"]).seed == 9
    assert resolved(base=made, preset="quick").noise.radius == 8


def test_settings_may_be_a_mapping() -> None:
    as_text = resolved(settings=["noise.radius=9", "victim.radii=[1]"])
    assert resolved(settings={"noise": {"radius": 9}, "victim": {"radii": [1]}}) == as_text


def test_a_message_names_the_layer_at_fault(config: Path) -> None:
    config.write_text("noise: {radius: 0}")
    with pytest.raises(BadInput, match=rf"^{config}:1:9: noise.radius: "):
        resolved(config=config, settings=["noise.radius=8"])
    with pytest.raises(BadInput, match=r"^settings: noise\.radius: "):
        resolved(settings=["noise.radius=0"])
    with pytest.raises(BadInput, match=r"^the noise's settings: noise\.radius: "):
        resolved(base={"noise": {"radius": 0}})


def test_an_unknown_network_is_refused_by_the_layer_that_names_it(config: Path) -> None:
    config.write_text("victim: {network: resnet-50}")
    place = rf"^{config}:1:10: victim\.network: "
    message = rf"{place}no network 'resnet-50' \(did you mean resnet50\?\)"
    with pytest.raises(BadInput, match=message):
        resolved(config=config, settings=["noise.radius=8"])
    with pytest.raises(BadInput, match=r"^settings: surrogate\.network: no network 'smal'"):
        resolved(settings=["surrogate.network=smal"])


def test_images_that_nobody_named_are_asked_for(config: Path) -> None:
    for base, keywords in ((None, {}), (None, {"config": config}), (None, {"preset": "cifar10"})):
        with pytest.raises(
            BadInput, match=r"^which images\? name DATA: digits, torchvision:CIFAR10"
        ):
            resolve(None, RunOptions(**keywords), base)
    made = {"data": {"source": "theirs"}}
    assert resolved(None, made).data.source == "theirs"
    assert resolved(None, settings=["data.source=mine"]).data.source == "mine"
    config.write_text("data: {source: mine}")
    assert resolved(None, config=config).data.source == "mine"


def test_nothing_is_remarked_about_the_usual() -> None:
    assert notices(spec()) == ()
    assert notices(resolved(preset="quick")) == ()


SURPRISES: dict[str, tuple[dict[str, Any], str]] = {
    "noise step": ({"noise": {"step_size": 8.5}}, "noise.step_size 8.5 is above noise.radius 8"),
    "surrogate step": (
        {"surrogate": {"radius": 2, "attack_step_size": 3}},
        "surrogate.attack_step_size 3 is above surrogate.radius 2",
    ),
    "victim step": (
        {"victim": {"radii": [0, 1, 4], "attack_step_size": 2}},
        "victim.attack_step_size 2 is above a victim's radius 1",
    ),
    "fraction": ({"noise": {"radius": 8.5}}, "noise is kept in whole 1/255: at most 8"),
    "hopeless": (
        {"victim": {"radii": [0, 8]}},
        "victims of radius 8 can reach the clean image from the protected one (noise.radius 8)",
    ),
}


@pytest.mark.parametrize("surprise", SURPRISES)
def test_what_may_surprise_is_remarked_once(surprise: str) -> None:
    changes, text = SURPRISES[surprise]
    (remark,) = notices(spec(**changes))
    assert text in remark


def test_settings_that_a_method_does_not_look_at_are_remarked() -> None:
    (remark,) = notices(spec(noise={"em": {"steps": 77}, "tap": {"steps": 77}}))
    assert remark == "noise.method sem does not look at noise.em, noise.tap"


@pytest.mark.parametrize(
    ("method", "ignored"),
    [
        ("sem", [".augmented_em"]),
        ("em", [".drop_last", ".rounded_noise", ".bound_gradient"]),
        ("ntga", [""]),
    ],
)
def test_switches_of_parity_that_a_method_does_not_look_at_are_remarked(
    method: str, ignored: list[str]
) -> None:
    (remark,) = notices(spec(noise={"method": method, "parity": True}))
    paths = [f"noise.parity{switch}" for switch in ignored]
    assert remark == f"noise.method {method} does not look at {', '.join(paths)}"


@pytest.mark.parametrize("kept", [True, False])
def test_noise_made_while_parity_was_one_setting_stands_in_for_a_preset(kept: bool) -> None:
    made = {"noise": {"parity": kept}}
    assert resolved(base=made).noise.parity.drop_last == kept
    other = resolved(base=made, settings=[f"noise.parity.drop_last={not kept}"]).noise.parity
    assert (other.drop_last, other.augmented_em) == (not kept, kept)


def test_an_unknown_method_is_refused_by_the_layer_that_names_it(config: Path) -> None:
    config.write_text("noise: {method: rme}")
    message = rf"^{config}:1:9: noise\.method: no method 'rme'.*known: sem, "
    with pytest.raises(BadInput, match=message):
        resolved(config=config)


def test_a_stem_is_held_against_the_size_that_the_augmentation_gives() -> None:
    small, enlarged = spec(), spec(augmentation={"kind": "resized_crop", "size": 224})
    (remark,) = stem_notices(small, "resnet18-imagenet", (3, 32, 32))
    assert "ImageNet stem" in remark and "32×32" in remark
    assert stem_notices(enlarged, "resnet18-imagenet", (3, 32, 32)) == ()
    (remark,) = stem_notices(enlarged, "resnet18", (3, 32, 32))
    assert "CIFAR stem" in remark and "224×224" in remark
    assert stem_notices(small, "resnet18", (3, 32, 32)) == ()


def test_a_step_of_exactly_the_radius_is_no_surprise() -> None:
    usual = {"noise": {"step_size": 8}, "surrogate": {"radius": 2, "attack_step_size": 2}}
    assert notices(spec(**usual)) == ()


def test_an_attack_that_is_switched_off_is_no_surprise() -> None:
    off = {
        "surrogate": {"radius": 0, "attack_step_size": 2},
        "victim": {"radii": [0], "attack_step_size": 2},
    }
    assert notices(spec(**off)) == ()


@pytest.mark.parametrize("name", ["cifar10", "imagenet-subset"])
def test_of_the_papers_radii_the_one_that_reaches_the_noise_is_remarked(name: str) -> None:
    (remark,) = notices(resolved(preset=name))
    assert "radius 8" in remark and "no noise protects" in remark
