"""Pictures and their classes: shapes, scale, and files that are not as they should be."""

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine.data import DataError, DataSet, cifar10, fashion, mnist
from knetengine.data.images import CLASSES
from knetengine.data.places import own_folder
from knetengine.data.records import RECORD


def test_the_bundled_digits() -> None:
    (xtrn, ytrn), (xtst, ytst) = mnist()
    assert (xtrn.shape, xtst.shape) == ((4000, 1, 28, 28), (1000, 1, 28, 28))
    assert (ytrn.shape, ytst.shape) == ((4000,), (1000,))
    assert xtrn.dtype == xtst.dtype == np.float32
    assert ytrn.dtype == ytst.dtype == np.int64
    assert np.array_equal(np.bincount(ytrn), [400] * 10)
    assert np.array_equal(np.bincount(ytst), [100] * 10)
    for x in (xtrn, xtst):
        assert (x.min(), x.max()) == (0, 1)
        assert np.array_equal(np.rint(x * 255) / np.float32(255), x)
    assert not np.array_equal(ytrn[:400], np.zeros(400))  # shuffled
    # no picture is in both parts
    trn, tst = ({picture.tobytes() for picture in x} for x in (xtrn, xtst))
    assert not trn & tst


def test_digits_look_like_their_class() -> None:
    """The nearest mean of a class, of the training pictures, is right for most of the others."""
    (xtrn, ytrn), (xtst, ytst) = mnist()
    means = np.stack([xtrn[ytrn == c].mean(axis=0).ravel() for c in range(CLASSES)])
    distances = ((xtst.reshape(-1, 1, 784) - means) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == ytst).mean() > 0.75


@pytest.mark.parametrize("dtype", [np.float16, np.float32, "float64"])
def test_another_dtype_is_the_same_data_rounded(dtype: Any) -> None:
    (x, y), _ = mnist(dtype)
    (exact, labels), _ = mnist(np.float64)
    assert x.dtype == dtype
    assert np.abs(x - exact).max() <= np.finfo(dtype).eps
    assert np.array_equal(y, labels)


@pytest.mark.parametrize("loader", [mnist, fashion, cifar10])
def test_a_dtype_that_cannot_hold_a_shade_is_refused(loader: Callable[..., Any]) -> None:
    with pytest.raises(
        ValueError, match=rf"{loader.__name__}: dtype is int64; expected a floating"
    ):
        loader(np.int64)


def test_each_call_gives_arrays_of_its_own() -> None:
    (x, y), _ = mnist()
    x[:], y[:] = 0, 0
    (again, labels), _ = mnist()
    assert again.any()
    assert labels.any()


def test_the_conversion_keeps_no_second_copy() -> None:
    mnist()
    tracemalloc.start()
    try:
        _ = mnist()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    floats, bytes_ = 5000 * 784 * 4, 4000 * 784
    assert peak < floats + 3 * bytes_ + 1e6  # the .gz, its bytes, and the floats; not two of these


def small(folder: Path, write_idx: Callable[..., None], prefix: str = "t10k") -> None:
    """A part of three pictures."""
    write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", bytes(3 * 784), 3, 28, 28)
    write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", bytes((0, 9, 4)), 3)


Damage = Callable[[Path, Callable[..., None]], None]


def cut_gz(path: Path, _: Any) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def flip_bit(path: Path, _: Any) -> None:
    content = bytearray(path.read_bytes())
    content[-6] ^= 1  # in the checksum of the .gz
    path.write_bytes(content)


def no_gz(path: Path, _: Any) -> None:
    path.write_bytes(b"<html>Please log in</html>")


IMAGES, LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
DAMAGES: list[tuple[str, Damage, str]] = [
    (IMAGES, cut_gz, "a gzip file that is cut short or damaged"),
    (IMAGES, flip_bit, "a gzip file that is cut short or damaged"),
    (IMAGES, no_gz, "a gzip file that is cut short or damaged"),
    (
        IMAGES,
        lambda path, write: write(path, bytes(2 * 784), 3, 28, 28),
        "has 1,584 bytes, its header promises 2,368",
    ),
    (
        IMAGES,
        lambda path, write: write(path, bytes(3 * 784 + 1), 3, 28, 28),
        "has 2,369 bytes, its header promises 2,368",
    ),
    (
        IMAGES,
        lambda path, write: write(path, bytes(3 * 784), 3, 28, 28, magic=b"\0\0\x0d\3"),
        "begins with 00000d03; an idx file of bytes with 3 axes begins with 00000803",
    ),
    (
        IMAGES,
        lambda path, write: write(path, bytes(3), 3),
        "begins with 00000801; an idx file of bytes with 3 axes begins with 00000803",
    ),
    (
        IMAGES,
        lambda path, _: path.write_bytes(gzip.compress(b"")),
        "begins with nothing; an idx file",
    ),
    (
        IMAGES,
        lambda path, _: path.write_bytes(gzip.compress(b"\0\0\x08\3\0\0")),
        "has 6 bytes, its header promises",
    ),
    (
        IMAGES,
        lambda path, write: write(path, bytes(3 * 729), 3, 27, 27),
        "its pictures are 27 x 27, expected 28 x 28",
    ),
    (
        LABELS,
        lambda path, write: write(path, bytes(2), 2),
        "has 2 labels, expected one for each of 3 pictures",
    ),
    (
        LABELS,
        lambda path, write: write(path, bytes((1, 10, 11)), 3),
        "label number 2 is 10, expected 0 to 9",
    ),
]


@pytest.mark.parametrize(("name", "damage", "said"), DAMAGES)
def test_a_damaged_file_is_named_with_what_to_do(
    name: str, damage: Damage, said: str, write_idx: Callable[..., None]
) -> None:
    folder = own_folder("fashion")
    small(folder, write_idx, "train")
    small(folder, write_idx)
    (x, y), _ = fashion()
    assert (x.shape, y.tolist()) == ((3, 1, 28, 28), [0, 9, 4])
    damage(folder / name, write_idx)
    with pytest.raises(DataError) as raised:
        fashion()
    message = str(raised.value)
    assert message.startswith(f"{folder / name}: {said}")
    assert message.endswith("; 'knet-tui data fetch fashion' replaces it")
    assert "\n" not in message


def test_the_remedy_depends_on_the_place(
    tmp_path: Path, write_idx: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    small(tmp_path / "mnist", write_idx, "train")
    small(tmp_path / "mnist", write_idx)
    (tmp_path / "mnist" / IMAGES).write_bytes(b"")
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    with pytest.raises(DataError, match=r"; replace the file, or unset KNET_DATA_DIR$"):
        mnist()


def records(labels: list[int], shade: int) -> bytes:
    """CIFAR-10's records: each plane one shade lighter than the one before."""
    planes = np.repeat(np.arange(shade, shade + 3, dtype=np.uint8), 1024).tobytes()
    return b"".join(bytes([label]) + planes for label in labels)


def test_the_planes_of_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    folder = tmp_path / "cifar10"
    folder.mkdir()
    labels = list(range(10)) * 500
    (folder / "train_5000.bin.gz").write_bytes(gzip.compress(records(labels, 10), 1))
    (folder / "test_1000.bin").write_bytes(records(labels[:1000], 200))
    (xtrn, ytrn), (xtst, ytst) = cifar10(np.float64)
    assert (xtrn.shape, xtst.shape) == ((5000, 3, 32, 32), (1000, 3, 32, 32))
    assert ytrn.tolist() == labels
    assert ytst.tolist() == labels[:1000]
    assert ytrn.dtype == np.int64
    for x, shade in ((xtrn, 10), (xtst, 200)):
        for plane in range(3):
            assert np.array_equal(np.unique(x[:, plane]), [(shade + plane) / 255])


def test_all_of_cifar10_is_taken_before_a_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install: Callable[..., DataSet]
) -> None:
    """In files of 20 pictures instead of 10,000."""
    install("cifar10", {}, part_size=20 * RECORD)
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    folder = tmp_path / "cifar10"
    folder.mkdir()
    (folder / "train_5000.bin").write_bytes(b"")
    (folder / "test_1000.bin").write_bytes(b"")
    for batch in range(1, 6):
        (folder / f"data_batch_{batch}.bin").write_bytes(records([batch] * 20, batch))
    (folder / "test_batch.bin").write_bytes(records([9] * 20, 9))
    (xtrn, ytrn), (xtst, ytst) = cifar10()
    assert (xtrn.shape, xtst.shape) == ((100, 3, 32, 32), (20, 3, 32, 32))
    assert np.array_equal(ytrn, np.repeat(np.arange(1, 6), 20))
    assert np.array_equal(np.rint(255 * xtrn[:, 0, 0, 0]), ytrn)
    assert np.array_equal(ytst, [9] * 20)

    (folder / "data_batch_3.bin").write_bytes(bytes(19 * RECORD))
    with pytest.raises(DataError) as raised:
        cifar10()
    assert str(raised.value) == (
        f"{folder}/data_batch_3.bin: has 58,387 bytes; 20 records of 3,073 have 61,460; replace "
        "the file, or unset KNET_DATA_DIR"
    )
    (folder / "data_batch_3.bin").write_bytes(records([3] * 19 + [255], 3))
    with pytest.raises(DataError, match=r"data_batch_3\.bin: label number 20 is 255, expected 0 t"):
        cifar10()
