"""Noise and victims that exist are found: identities as they were when they were recorded.

A failure here means that finished work would be made again. The literals are never edited.
"""

from __future__ import annotations

import pytest

from sem_ray.methods import noise_identity
from sem_ray.spec import ExperimentSpec
from sem_ray.spec.identity import victim_identity
from sem_ray.spec.reading import merged
from tests.spec.kept_specs import KEPT

RECORDED: dict[str, dict[str, tuple[str, str]]] = {
    "defaults": {
        "sem": ("b9381c5751d9c6695848", "dc76b90fccfcb40f158a"),
        "rem": ("1af6ebf250db66fe3079", "6d4fde29070834fdd464"),
        "em": ("c6808f11576ab1659d38", "5b70478e184d56436652"),
        "tap": ("e86741e1c54392398316", "4137e6e4d57a61afd592"),
        "ntga": ("216cb73647795fb010da", "6d0e06986dfc88c669a8"),
        "shortcut": ("1ecd5568f74ce4af2ac0", "ac155c016582fd9b5c6c"),
    },
    "quick": {
        "sem": ("ce36effd3d489eec8f9c", "de9e982acb2c7ed5c707"),
        "rem": ("a68d657832ee486b8da0", "28090714ffe4c035f00b"),
        "em": ("c4bb443cfe67568785b8", "3742b85e9d4f324e5a8c"),
        "tap": ("e64183e4ad52e0897433", "ffd7f91deb8b2f955566"),
        "ntga": ("91943d88557507a4a50f", "6933149627821efa81d4"),
        "shortcut": ("f8a382322a76ea4dc47a", "63d57c9ed6d791521621"),
    },
    "cifar10": {
        "sem": ("88dbe3cd60f7ad2fa3ee", "60d61e52bfef8c38c48f"),
        "rem": ("97c46bc1d8657bf5d731", "a58da84ccd6552057aac"),
        "em": ("380eee7db71ef1dbaae6", "b166886a38dfa1fcb518"),
        "tap": ("edfc533c9f9622527581", "2022aafe79e7fc957a5d"),
        "ntga": ("4d280b1d4f88db0d2584", "e7c6a0c39c70037cd1f2"),
        "shortcut": ("d11a5514bb2fd1b383d3", "dec583b264e8232fec4c"),
    },
    "imagenet-subset": {
        "sem": ("35855072ed01bc761f31", "d5d45dc5ad39b2f0a39f"),
        "rem": ("fa20b5c58938f5439b2d", "894c46171a2f1f51f21c"),
        "em": ("abe58a0f2552e95c219b", "f95f2d07ac62e670340c"),
        "tap": ("07344ad6cde8a33b0b86", "8535e73487ad67a35e3b"),
        "ntga": ("7534e38a6a0da9a86aae", "7cf4a454ff088ad4c793"),
        "shortcut": ("f42c3e14764caea452b8", "a2901693c1e7ed41ce5b"),
    },
    "quick, other images and victims": {
        "sem": ("ce36effd3d489eec8f9c", "c8da47977f500131bf61"),
        "rem": ("a68d657832ee486b8da0", "395603c2e4c20593ccff"),
        "em": ("c4bb443cfe67568785b8", "92090dc13f152991e84d"),
        "tap": ("e64183e4ad52e0897433", "e1a48bc8b57211db92d0"),
        "ntga": ("91943d88557507a4a50f", "27ab28407bda06d88d04"),
        "shortcut": ("f8a382322a76ea4dc47a", "a391f3565b5a438c5456"),
    },
    "shared settings": {
        "sem": ("175200e8ad57804c2da1", "0591f556d951aa46bedd"),
        "rem": ("bfd09ec73852ea8367f4", "6ec83ce38665abc27bc8"),
        "em": ("c5de1ceacbced5c35736", "129593716e853c4cbf18"),
        "tap": ("dda780ef71b6228bcceb", "ae82720105783bbf806d"),
        "ntga": ("315f1563cc6213310580", "d731c9b17dfd8e1e197f"),
        "shortcut": ("083d89700a1f39f31868", "a490b6312d233be18cdf"),
    },
    "alternating settings": {
        "sem": ("5b4d8c55cca74f1b2241", "a919d9a85e9fc51d19a0"),
        "rem": ("897c2f71d9cc648ae8f0", "da1e2452dda0e22ee383"),
        "em": ("80ae3b2609c7e77184a6", "5158b947f31f532a8fec"),
        "tap": ("50890a637430daf85e74", "57c5a360730d950cbca2"),
        "ntga": ("eac9ec1cc667fd1c9be5", "2107fad905e7f662d315"),
        "shortcut": ("17bcbbc1b1caa13dad16", "7d306502bd98893e34b5"),
    },
    "methods' own settings": {
        "sem": ("b9381c5751d9c6695848", "dc76b90fccfcb40f158a"),
        "rem": ("1af6ebf250db66fe3079", "6d4fde29070834fdd464"),
        "em": ("48364e9775bfbffa027e", "71091e72989256a66c43"),
        "tap": ("b7df81252cdbbfd5e263", "809898460abc88c83f80"),
        "ntga": ("9f604ac1734193739b62", "b67130d34b5eedc4e6b5"),
        "shortcut": ("ee1baf1c9938177f5426", "7f09d23a91ff02a07305"),
    },
    "every setting": {
        "sem": ("9bea2d6f3ced91785409", "0cf2271fe484d4bffead"),
        "rem": ("4c5137500f4ca26b864f", "43a00b512b356694a14c"),
        "em": ("e3a0bdc6dd6502d5f7f8", "b3ab7d678f4a47d6229f"),
        "tap": ("78a1888fa0e435b9375a", "318745e14a826d54d287"),
        "ntga": ("a6a004bc05861529625a", "59859b811264fc3c99f8"),
        "shortcut": ("3a64a4eba8132e706d00", "d88ee7bbad429f43679c"),
    },
    "one phase": {
        "sem": ("ea6b8de2fcc245affed5", "7d7a898fbfafd7fd8451"),
        "rem": ("cb0fd6126b0a30c41b4f", "28f9c4aa7237526530c2"),
        "em": ("39758af278c6e0d6e58b", "2a8a7a150bcb87206fb1"),
        "tap": ("a9dc3a8640c0a8296635", "30e7e4c90a7c5ca80a57"),
        "ntga": ("9f0bffd18dbcff25b0d5", "58f431069ffe92e2806e"),
        "shortcut": ("3e9e796457ee7e047399", "c683c84eb095d9fb716c"),
    },
    "both phases": {
        "sem": ("3f0cd68ecd82367d0dd3", "292f0a3f9e7a15a687af"),
        "rem": ("71587794d77b6a0a63cf", "813f5aad962ef70835cd"),
        "em": ("555d866dd31ebdd068d1", "44e3e45ac19a7b19fa88"),
        "tap": ("f025662a3881e01f9a8a", "57f657403718c18e4335"),
        "ntga": ("03aebd8ed14c8bd07b8d", "5a2861e11ea0b0a2d5cd"),
        "shortcut": ("93867433ab00f8448a2b", "f3c8f0aeb07f7cf2e156"),
    },
    "phases given as null": {
        "sem": ("b9381c5751d9c6695848", "dc76b90fccfcb40f158a"),
        "rem": ("1af6ebf250db66fe3079", "6d4fde29070834fdd464"),
        "em": ("c6808f11576ab1659d38", "5b70478e184d56436652"),
        "tap": ("e86741e1c54392398316", "4137e6e4d57a61afd592"),
        "ntga": ("216cb73647795fb010da", "6d0e06986dfc88c669a8"),
        "shortcut": ("1ecd5568f74ce4af2ac0", "ac155c016582fd9b5c6c"),
    },
    "parity off": {
        "sem": ("b9381c5751d9c6695848", "dc76b90fccfcb40f158a"),
        "rem": ("1af6ebf250db66fe3079", "6d4fde29070834fdd464"),
        "em": ("c6808f11576ab1659d38", "5b70478e184d56436652"),
        "tap": ("e86741e1c54392398316", "4137e6e4d57a61afd592"),
        "ntga": ("216cb73647795fb010da", "6d0e06986dfc88c669a8"),
        "shortcut": ("1ecd5568f74ce4af2ac0", "ac155c016582fd9b5c6c"),
    },
    "parity drop_last": {
        "sem": ("cd96b9b84b7e4f3a564f", "788263d7adbfed379301"),
        "rem": ("e3db68deb266159b9c5f", "cd8b08b9b01aa139cd3b"),
        "em": ("c6808f11576ab1659d38", "5b70478e184d56436652"),
        "tap": ("e86741e1c54392398316", "4137e6e4d57a61afd592"),
        "ntga": ("216cb73647795fb010da", "6d0e06986dfc88c669a8"),
        "shortcut": ("1ecd5568f74ce4af2ac0", "ac155c016582fd9b5c6c"),
    },
    "parity augmented_em": {
        "sem": ("b9381c5751d9c6695848", "dc76b90fccfcb40f158a"),
        "rem": ("1af6ebf250db66fe3079", "6d4fde29070834fdd464"),
        "em": ("c70c0dc1bad81d2dd2d6", "cfc8380677e5719eba58"),
        "tap": ("e86741e1c54392398316", "4137e6e4d57a61afd592"),
        "ntga": ("216cb73647795fb010da", "6d0e06986dfc88c669a8"),
        "shortcut": ("1ecd5568f74ce4af2ac0", "ac155c016582fd9b5c6c"),
    },
    "parity of both": {
        "sem": ("b0f2731666ad329a7741", "9836ff8920cc217046e9"),
        "rem": ("11d6825b24ab16b37fc5", "b77db72009daf96c0413"),
        "em": ("daf7f88d96cabcc6baed", "4c6b954ba684aca5ad9f"),
        "tap": ("50890a637430daf85e74", "57c5a360730d950cbca2"),
        "ntga": ("eac9ec1cc667fd1c9be5", "2107fad905e7f662d315"),
        "shortcut": ("17bcbbc1b1caa13dad16", "7d306502bd98893e34b5"),
    },
}
"""Spec → method → the identity of its noise, and of a victim of radius 4 trained on it."""


@pytest.mark.parametrize("name", KEPT)
def test_a_spec_of_that_time_has_the_identities_of_that_time(name: str) -> None:
    found = {}
    for method in RECORDED[name]:
        tree = merged(KEPT[name], {"noise": {"method": method}})
        spec = ExperimentSpec.model_validate(tree)
        noise = noise_identity(spec, "images")
        found[method] = (noise, victim_identity(spec, "train", "test", noise, 4))
    assert found == RECORDED[name]


@pytest.mark.parametrize("name", KEPT)
def test_so_has_a_spec_that_was_written_down_and_read_again(name: str) -> None:
    """As manifests of noise and the records of studies hold it."""
    for method, (noise, _) in RECORDED[name].items():
        tree = merged(KEPT[name], {"noise": {"method": method}})
        written = ExperimentSpec.model_validate(tree).model_dump(mode="json")
        assert noise_identity(ExperimentSpec.model_validate(written), "images") == noise
