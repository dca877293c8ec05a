"""Noise as files that describe themselves.

A folder holds `noise.safetensors` (key `noise`: int8 [N, C, H, W] in 1/255), `rows.parquet` (id,
label and pixel digest of the unprotected image of each row) and `manifest.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from sem_ray.data.decode.parquet_file import parquet_of, texts
from sem_ray.data.noise.noise import FORMAT_VERSION, Manifest, Noise, require_shaped, require_sound
from sem_ray.errors import BadInput
from sem_ray.files import reason_of
from sem_ray.spec.validation import validated

FILES = VALUES, ROWS, MANIFEST = "noise.safetensors", "rows.parquet", "manifest.json"
KEY = "noise"
ROW_COLUMNS = pa.schema([("id", pa.string()), ("label", pa.int64()), ("digest", pa.string())])


def write_noise(folder: Path, noise: Noise) -> None:
    """Write the three files into `folder`, which exists; making that atomic is the caller's part.

    Raises `BadInput` rather than write noise that `read_noise` would refuse, and `OSError` if the
    folder cannot be written.
    """
    require_sound(noise, f"the noise {noise.manifest.identity}")
    try:
        save_file({KEY: noise.values.cpu().contiguous()}, folder / VALUES)
    except SafetensorError as error:
        raise OSError(f"{folder / VALUES}: {error}") from error
    # safetensors writes for its owner alone, but a store may be shared.
    (folder / VALUES).chmod(0o644)
    columns = [list(noise.ids), noise.labels.tolist(), list(noise.digests)]
    pq.write_table(pa.table(columns, schema=ROW_COLUMNS), folder / ROWS)
    manifest = noise.manifest.model_copy(update={"values_sha256": noise.digest})
    text = manifest.model_dump_json(indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_noise(folder: Path) -> Noise:
    """The noise in `folder`, on the CPU. Raises `BadInput` if any part of it is not sound."""
    noise = read_unverified(folder)
    if noise.manifest.values_sha256 not in (None, noise.digest):
        raise BadInput(
            f"{folder / VALUES} is damaged: its values are not those of {MANIFEST}; "
            "fetch the noise again, or make it anew in another folder"
        )
    require_sound(noise, str(folder))
    return noise


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the noise in `folder`, whose values are neither read nor checked.

    Raises `BadInput` if it cannot be read or one of the files is missing.
    """
    _require_files(folder)
    return _read_manifest(folder / MANIFEST)


def read_unverified(folder: Path) -> Noise:
    """The noise in `folder` for who judges it: values may be beyond the radius or not those of the
    manifest, and ids may repeat. Raises `BadInput` if a file cannot be read."""
    manifest = read_manifest(folder)
    ids, labels, digests = _read_rows(folder / ROWS)
    noise = Noise(_read_values(folder / VALUES), ids, labels, digests, manifest)
    require_shaped(noise, str(folder))
    return noise


def _require_files(folder: Path) -> None:
    """Raise `BadInput` if one of the three is not there or may not be read."""
    try:
        if not folder.is_dir():
            raise BadInput(f"no noise at {folder}: there is no such folder")
        for name in FILES:
            if not (folder / name).is_file():
                raise BadInput(f"{folder} is not a folder of noise: {name} is missing")
            (folder / name).open("rb").close()
    except OSError as error:
        place = error.filename or folder
        raise BadInput(
            f"cannot read {place}: {reason_of(error)}; make it readable first"
        ) from error


def _read_manifest(file: Path) -> Manifest:
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(
            f"{file} cannot be read as JSON ({reason_of(error)}); fetch the noise again, or make "
            "it anew"
        ) from error
    if not isinstance(tree, dict):
        raise BadInput(f"{file} holds a {type(tree).__name__}, not the description of noise")
    version = tree.get("format_version")
    if version != FORMAT_VERSION:
        raise BadInput(
            f"{file} has format version {version!r}, and this sem-ray reads {FORMAT_VERSION}; "
            "use the sem-ray that wrote it"
        )
    return validated(Manifest, tree, str(file))


def _read_rows(file: Path) -> tuple[tuple[str, ...], Tensor, tuple[str, ...]]:
    """Ids, labels int64 [N] and digests."""
    with parquet_of(file) as parquet:
        schema = parquet.schema_arrow.remove_metadata()
        if schema != ROW_COLUMNS:
            found = ", ".join(f"{field.name}: {field.type}" for field in schema)
            raise BadInput(f"{file} must have the columns id, label and digest; it has {found}")
        ids, digests = (list(texts(parquet, file, name)) for name in ("id", "digest"))
        labels = parquet.read(columns=["label"]).column("label").to_pylist()
    if None in (*ids, *labels, *digests):
        raise BadInput(f"{file} has rows without an id, label or digest; generate the noise again")
    labelled = torch.tensor(labels, dtype=torch.int64)
    # None is ruled out above.
    return tuple(map(str, ids)), labelled, tuple(map(str, digests))


def _read_values(file: Path) -> Tensor:
    try:
        with safe_open(file, framework="pt") as tensors:
            if KEY in tensors.keys():  # noqa: SIM118 — it is no dict
                values: Tensor = tensors.get_tensor(KEY)
                return values
    except (SafetensorError, OSError) as error:
        raise BadInput(
            f"{file} cannot be read as safetensors ({reason_of(error)}); fetch it again"
        ) from error
    raise BadInput(f"{file} holds no tensor named {KEY}; it is not a file of noise")
