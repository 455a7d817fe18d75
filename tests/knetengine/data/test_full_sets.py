"""The full sets, where KNET_DATA_DIR has them: golden figures, of the data as it was published."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from knetengine import data
from knetengine.data import DataError, find

pytestmark = pytest.mark.usefixtures("full")


def there(name: str, amount: str) -> None:
    """Skip, and say so, where the folder lacks this set."""
    try:
        place = find(name)
    except DataError:
        pytest.skip(f"KNET_DATA_DIR has no {name}")
    if place.origin != "KNET_DATA_DIR" or place.form.amount != amount:
        pytest.skip(f"KNET_DATA_DIR has not {amount} of {name}")


def test_mnist() -> None:
    """Class counts, mean and deviation computed from the files whose md5 LeCun's page had."""
    there("mnist", "70,000")
    (xtrn, ytrn), (xtst, ytst) = data.mnist()
    assert (xtrn.shape, xtst.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    trn = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    tst = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(ytrn).tolist() == trn
    assert np.bincount(ytst).tolist() == tst
    assert ytrn[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert xtrn.mean(dtype=np.float64) == pytest.approx(0.1306605, abs=5e-8)
    assert xtrn.std(dtype=np.float64) == pytest.approx(0.3081078, abs=5e-8)


def test_the_bundled_digits_are_of_the_training_set(monkeypatch: pytest.MonkeyPatch) -> None:
    there("mnist", "70,000")
    (xtrn, ytrn), (xtst, _) = data.mnist(np.float32)
    known = {picture.tobytes(): label for picture, label in zip(xtrn, ytrn, strict=True)}
    tests = {picture.tobytes() for picture in xtst}
    monkeypatch.delenv("KNET_DATA_DIR")
    for x, y in data.mnist(np.float32):
        assert [known[picture.tobytes()] for picture in x] == y.tolist()
        assert not tests & {picture.tobytes() for picture in x}


def test_fashion() -> None:
    """As many of each class, as its authors say; the first labels are those of their README."""
    there("fashion", "70,000")
    (xtrn, ytrn), (xtst, ytst) = data.fashion()
    assert (xtrn.shape, xtst.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    assert np.bincount(ytrn).tolist() == [6000] * 10
    assert np.bincount(ytst).tolist() == [1000] * 10
    assert ytrn[:4].tolist() == [9, 0, 0, 3]


def test_cifar10() -> None:
    """The first pictures: frog, truck, truck, deer, automobile; cat, ship, ship, airplane, frog."""
    there("cifar10", "6,000 of 60,000")
    (xtrn, ytrn), (xtst, ytst) = data.cifar10()
    assert (xtrn.shape, xtst.shape) == ((5000, 3, 32, 32), (1000, 3, 32, 32))
    assert ytrn[:5].tolist() == [6, 9, 9, 4, 1]
    assert ytst[:5].tolist() == [3, 8, 8, 0, 6]
    assert np.rint(255 * xtrn[0, :, 0, 0]).tolist() == [59, 62, 63]
    assert (np.bincount(ytrn) > 440).all()


def test_hiawatha(full: Path) -> None:
    """The 214,325 characters, 84 of them different, that the slides' figures rest on."""
    there("hiawatha", "all")
    poem = data.text("hiawatha")
    assert (len(poem), len(set(poem)), poem.count("\r\n")) == (214_325, 84, poem.count("\n"))
    assert poem.encode() == (full / "text" / "pg19-hiawatha.txt").read_bytes()


def test_tinyshakespeare() -> None:
    there("tinyshakespeare", "40,000 lines")
    plays = data.text("tinyshakespeare")
    assert (len(plays), len(set(plays)), plays.count("\n")) == (1_115_394, 65, 40_000)


def test_thirty_eight_plays() -> None:
    there("shakespeare", "38 plays")
    plays = data.text()
    assert (len(plays), len(plays.encode()), len(set(plays))) == (4_999_128, 4_999_256, 81)


def test_tagging() -> None:
    there("tagging", "dev and test")
    sets = data.tagging()
    assert sets.trn is sets.dev
    for sentences, count, words in ((sets.dev, 2001, 25_147), (sets.tst, 2077, 25_094)):
        assert len(sentences) == count
        assert sum(map(len, sentences)) == words
    classes = Counter(tag for sentence in sets.dev for _, tag in sentence)
    assert len(classes) == 17
    assert classes.most_common(1)[0][0] == "NOUN"


def test_housing_is_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    there("housing", "all")
    x, y = data.housing()
    monkeypatch.delenv("KNET_DATA_DIR")
    bundled_x, bundled_y = data.housing()
    assert np.array_equal(x, bundled_x)
    assert np.array_equal(y, bundled_y)
