"""Images that stay in a file are those that lie in memory, and read as few as are asked for."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sem_ray.data import Dataset, ImageSet, Noise, load, protected
from sem_ray.data.decode.batch import decode_batch
from sem_ray.data.decode.image_file import Encoded
from sem_ray.data.pixels.arrow_file import open_writable, write_blank
from sem_ray.data.pixels.cache import PixelCache
from sem_ray.data.pixels.memory_mapped import Mapped, joined
from sem_ray.data.pixels.prefetch import Streamed
from sem_ray.data.sources import encoded_split
from sem_ray.errors import BadInput
from sem_ray.spec import DataSpec
from tests.data.noise.noise_samples import random_noise
from tests.data.sources.hub_files import encoded, noise_pixels, write, write_pngs

CPU = torch.device("cpu")


def pixel_cache(folder: Path) -> PixelCache:
    return PixelCache(folder / "pixels", stream=True)


def loaded(source: Path, folder: Path, **settings: Any) -> Dataset:
    return load(DataSpec(source=str(source), **settings), pixel_cache=pixel_cache(folder))


def mapped(images: ImageSet) -> Mapped:
    assert isinstance(images.images, Mapped)
    return images.images


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images each decoding was for."""
    seen: list[int] = []

    def counted(images: Iterable[Encoded], total: int, *others: Any) -> NDArray[np.uint8]:
        seen.append(total)
        return decode_batch(images, total, *others)

    monkeypatch.setattr(encoded_split, "decode_batch", counted)
    return seen


@pytest.mark.parametrize("change", [{}, {"limit": 6}, {"channels": 1}, {"resize": 4}])
def test_a_set_in_a_file_is_the_set_in_memory(tmp_path: Path, change: dict[str, Any]) -> None:
    source = write_pngs(tmp_path / "train.parquet", 20)
    resident = load(DataSpec(source=str(source), **change)).train
    found = loaded(source, tmp_path, **change).train
    assert mapped(found).shape == resident.images.shape
    assert torch.equal(found.images[:], resident.images[:])
    assert (found.ids, found.digests) == (resident.ids, resident.digests)
    assert found.fingerprint == resident.fingerprint
    select = np.array([3, 1, 5])
    taken, same = found.take(select, "few"), resident.take(select, "few")
    assert mapped(taken).rows.tolist() == [3, 1, 5]
    assert taken.fingerprint == same.fingerprint


def test_images_are_decoded_once_and_again_when_their_file_changes(
    tmp_path: Path, decodings: list[int]
) -> None:
    source = write_pngs(tmp_path / "train.parquet", 8)
    first = loaded(source, tmp_path).train
    assert loaded(source, tmp_path).train.fingerprint == first.fingerprint
    assert decodings == [8]
    assert loaded(source, tmp_path, limit=4).train.fingerprint != first.fingerprint
    assert decodings == [8, 4]
    before = source.stat()
    write_pngs(source, 8, first=8)
    # As an archive that keeps times would write it.
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert loaded(source, tmp_path).train.fingerprint != first.fingerprint
    assert decodings == [8, 4, 8]


def test_grey_images_before_one_with_colour_become_rgb_in_the_file_too(tmp_path: Path) -> None:
    pixels = noise_pixels(9)
    contents = [encoded(image[..., 0]) for image in pixels[:8]] + [encoded(pixels[8])]
    source = write(tmp_path / "train.parquet", contents, [0, 1] * 4 + [0])
    found = loaded(source, tmp_path).train
    assert torch.equal(found.images[:], load(DataSpec(source=str(source))).train.images[:])
    assert [file.suffix for file in (tmp_path / "pixels").iterdir() if file.is_dir()] == []


def test_a_grey_training_set_meets_test_images_with_colour(tmp_path: Path) -> None:
    pixels = noise_pixels(8)
    write(tmp_path / "data/train.parquet", [encoded(image[..., 0]) for image in pixels], [0, 1] * 4)
    write(tmp_path / "data/test.parquet", [encoded(image) for image in pixels], [0, 1] * 4)
    resident = load(DataSpec(source=str(tmp_path / "data")))
    found = loaded(tmp_path / "data", tmp_path)
    assert found.train.fingerprint == resident.train.fingerprint
    assert found.require_test().fingerprint == resident.require_test().fingerprint


@given(st.lists(st.integers(0, 19), min_size=1), st.data())
@settings(max_examples=25)
def test_noise_is_put_on_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("mapped")
    source = write_pngs(folder / "train.parquet", 20)
    resident, found = load(DataSpec(source=str(source))).train, loaded(source, folder).train
    noise = random_noise(resident, seed=data.draw(st.integers(0, 9)))
    order = np.array(data.draw(st.permutations(range(20))))
    shuffled = Noise(
        noise.values[order],
        tuple(noise.ids[row] for row in order),
        noise.labels[order],
        tuple(noise.digests[row] for row in order),
        noise.manifest,
    )
    shielded, same = protected(found, shuffled), protected(resident, noise)
    assert mapped(shielded).noise is not None
    index = torch.tensor(rows)
    assert torch.equal(shielded.images[index], same.images[index])
    assert shielded.digests == same.digests
    assert torch.equal(pickle.loads(pickle.dumps(shielded.images))[:], same.images[:])  # noqa: S301  our own
    parts = [mapped(shielded).select(slice(first, first + 7)) for first in (0, 7, 14)]
    assert torch.equal(joined(parts)[:], same.images[:])


def test_what_is_expected_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = load(DataSpec(source=str(write_pngs(tmp_path / "train.parquet", 20)))).train.images
    streamed = Streamed(images, CPU)
    reads: list[Any] = []
    read = streamed._read

    def counted(where: Any) -> torch.Tensor:
        reads.append(where)
        return read(where)

    monkeypatch.setattr(streamed, "_read", counted)
    steps = [[torch.tensor([4, 2]), torch.tensor([1])], [torch.tensor([7]), torch.tensor([2, 4])]]
    for now, coming in zip(steps, [*steps[1:], []], strict=True):
        streamed.prefetch(coming)
        for rows in now:
            assert torch.equal(streamed[rows], images[rows])
    streamed.prefetch([slice(3, 6)])
    assert torch.equal(streamed[slice(3, 6)], images[3:6])
    assert len(reads) == 5


def test_a_file_is_arrow_that_others_can_read(tmp_path: Path) -> None:
    found = loaded(write_pngs(tmp_path / "train.parquet", 8), tmp_path).train
    with pa.memory_map(str(mapped(found).places.file)) as stream:
        table = pa.ipc.open_file(stream).read_all()
    assert table.schema.metadata == {b"shape": b"3,6,5"}
    whole = b"".join(table["pixels"].to_pylist())
    assert whole == found.images[:].numpy().tobytes()
    assert [cell.decode() for cell in table["digest"].to_pylist()] == list(found.digests)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    found = loaded(write_pngs(tmp_path / "train.parquet", 8), tmp_path).train
    file = mapped(found).places.file
    file.unlink()
    with pytest.raises(BadInput, match=rf"{file}, which holds .* is gone; run the command"):
        found.images[:]


@pytest.mark.parametrize("content", [b"", b"hello"])
def test_a_damaged_file_is_put_aside_and_decoded_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    source = write_pngs(tmp_path / "train.parquet", 8)
    first = loaded(source, tmp_path).train
    file = mapped(first).places.file
    pixels = first.images[:]
    file.write_bytes(content)
    again = loaded(source, tmp_path).train
    assert torch.equal(again.images[:], pixels)
    assert file.with_name(f"{file.name}.damaged").read_bytes() == content
    assert caplog.messages == [
        f"{file} is damaged; it is put aside as {file.name}.damaged and made again"
    ]


def test_a_file_of_another_shape_than_it_gives_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "images.arrow"
    write_blank(file, 2, (3, 4, 5))
    file.write_bytes(file.read_bytes().replace(b"3,4,5", b"3,5,5"))
    with pytest.raises(BadInput, match="its images are not of the shape it gives"):
        Mapped.whole(file)


def test_what_no_file_can_hold_is_refused(tmp_path: Path) -> None:
    source = write_pngs(tmp_path / "train.parquet", 8)
    with pytest.raises(BadInput, match="30000×30000 are too large; make them smaller"):
        loaded(source, tmp_path, resize=30_000)


def test_noise_is_put_on_once_and_parts_are_of_one_set(tmp_path: Path) -> None:
    found = loaded(write_pngs(tmp_path / "train.parquet", 8), tmp_path).train
    other = loaded(write_pngs(tmp_path / "other.parquet", 8), tmp_path).train
    shielded = mapped(protected(found, random_noise(found)))
    with pytest.raises(ValueError, match="some already"):
        shielded.with_noise(random_noise(found).values)
    for wrong in (mapped(found), mapped(other)):
        with pytest.raises(ValueError, match="different images"):
            joined([shielded, wrong])


def test_names_that_are_no_text_can_be_on_the_way(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"p\xff")
    folder.mkdir()
    source = write_pngs(tmp_path / "train.parquet", 8)
    resident = load(DataSpec(source=str(source))).train
    assert loaded(source, folder).train.fingerprint == resident.fingerprint


def test_a_folder_that_cannot_be_is_no_trouble_to_who_needs_none(tmp_path: Path) -> None:
    source = write_pngs(tmp_path / "train.parquet", 8)
    (tmp_path / "store").write_text("no folder")
    found = load(
        DataSpec(source=str(source)), pixel_cache=PixelCache(tmp_path / "store" / "pixels")
    )
    assert isinstance(found.train.images, torch.Tensor)
    with pytest.raises(BadInput, match=r"cannot write to .*store.pixels: Not a directory; free"):
        loaded(source, tmp_path / "store")


def test_a_disk_that_is_too_small_is_named_before_anything_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_pngs(tmp_path / "train.parquet", 8)
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Full)
    with pytest.raises(
        BadInput, match=r"the file of decoded images needs .* where 0.0 MB are free; free"
    ):
        loaded(source, tmp_path)
    assert not list((tmp_path / "pixels").glob("*.arrow"))


class _Full:
    free = 0


KILLED = """
import sys
from pathlib import Path
from sem_ray.data import load
from sem_ray.data.pixels.cache import PixelCache
from sem_ray.data.sources import encoded_split
from sem_ray.spec import DataSpec

def watched(images, *others):
    def slowly():
        for row, image in enumerate(images):
            yield image
            if row == 4:
                print("begun", flush=True)
                sys.stdin.read()
    return decode_batch(slowly(), *others)

decode_batch, encoded_split.decode_batch = encoded_split.decode_batch, watched
cache = PixelCache(Path(sys.argv[2]) / "pixels", stream=True)
load(DataSpec(source=sys.argv[1]), pixel_cache=cache)
"""


def test_a_killed_decoding_leaves_nothing_that_is_taken_for_whole(tmp_path: Path) -> None:
    source = write_pngs(tmp_path / "train.parquet", 8)
    command = [sys.executable, "-c", KILLED, str(source), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not list((tmp_path / "pixels").glob("*.arrow"))
    assert [path for path in (tmp_path / "pixels").iterdir() if path.is_dir()]
    # Of another subset, which nobody may ever ask for again.
    (tmp_path / "pixels" / ".0123-left").mkdir()
    found = loaded(source, tmp_path).train
    assert found.fingerprint == load(DataSpec(source=str(source))).train.fingerprint
    assert not [path for path in (tmp_path / "pixels").iterdir() if path.is_dir()]


def test_reading_takes_the_memory_of_what_is_read(tmp_path: Path) -> None:
    """300 MB of images, of which a batch at a time is looked at."""
    places = write_blank(tmp_path / "large.arrow", 2000, (3, 224, 224))
    pixels, _ = open_writable(places)
    for row in range(0, 2000, 100):
        pixels[row] = row % 251
    del pixels
    images = Mapped.whole(places.file)
    gc.collect()
    before = _own_memory()
    for first in range(0, 2000, 50):
        batch = images[torch.arange(first, first + 50)]
        assert int(batch[0].max()) == (first % 251 if first % 100 == 0 else 0)
    assert _own_memory() - before < 100e6


def _own_memory() -> int:
    """Bytes that belong to no file: the kernel takes those of files back when it needs them."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (found,) = [line for line in lines if line.startswith("RssAnon")]
    return int(found.split()[1]) * 1024
