"""The Boston housing data: its bytes, its order, its scale."""

import gzip
import hashlib
from importlib.resources import files

import numpy as np
import pytest

from knetengine import data
from knetengine.data.places import own_folder

# The first and the last row of UCI's housing.data: crime rate, rooms, price in $1000.
FIRST, LAST = (0.00632, 6.575, 24.0), (0.04741, 6.030, 11.9)


def unpacked() -> bytes:
    return gzip.decompress((files("knetengine.data") / "files" / "housing.data.gz").read_bytes())


def test_the_bundled_bytes_are_those_of_uci() -> None:
    assert hashlib.md5(unpacked()).hexdigest() == "d4accdce7a25600298819f8e28e8d593"


def test_rows_are_towns_in_the_order_of_the_file() -> None:
    x, y = data.housing()
    table = np.array(unpacked().split(), dtype=np.float64).reshape(506, 14)
    assert (x.shape, y.shape) == ((506, 13), (506, 1))
    for row, expected in ((0, FIRST), (-1, LAST)):
        assert (table[row, 0], table[row, 5], table[row, 13]) == expected
    assert np.array_equal(y[:, 0], table[:, 13])
    # a standardised column is the column, shifted and stretched
    for column in range(13):
        assert np.corrcoef(x[:, column], table[:, column])[0, 1] == pytest.approx(1)


def test_every_input_has_mean_0_and_deviation_1() -> None:
    x, _ = data.housing()
    assert np.abs(x.mean(axis=0)).max() < 1e-13
    assert np.sqrt((x**2).sum(axis=0) / 505) == pytest.approx(np.ones(13))


def test_the_price_is_known_by_its_mean() -> None:
    _, y = data.housing()
    assert y.mean() == pytest.approx(22.532806, abs=5e-7)  # the figure of every textbook
    assert (y.min(), y.max()) == (5.0, 50.0)


def test_another_dtype_is_the_same_data_rounded() -> None:
    x, y = data.housing()
    x32, y32 = data.housing(np.float32)
    assert x32.dtype == y32.dtype == np.float32
    assert np.array_equal(x32, x.astype(np.float32))
    assert np.array_equal(y32, y.astype(np.float32))


def test_each_call_gives_arrays_of_its_own() -> None:
    x, y = data.housing()
    x[:], y[:] = 0, 0
    again_x, again_y = data.housing()
    assert again_x.any()
    assert again_y.all()


def test_a_file_with_other_numbers_is_said() -> None:
    folder = own_folder("housing")
    folder.mkdir(parents=True)
    (folder / "housing.data").write_bytes(unpacked()[:-30])
    with pytest.raises(data.DataError, match=r"housing\.data: has 7,080 numbers, expected 506 row"):
        data.housing()
    (folder / "housing.data").write_bytes(b"<html>")
    with pytest.raises(data.DataError, match="'knet-tui data fetch housing' replaces it"):
        data.housing()
