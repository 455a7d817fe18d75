"""The facts about the sets, and what is inside the package of them."""

import gzip
import hashlib
import re
from importlib.resources import files

import pytest

from knetengine import data
from knetengine.data import SETS, DataError
from knetengine.data.catalogue import data_set
from knetengine.data.places import bundled, unpacked

README = (files("knetengine.data") / "files" / "README.md").read_text()


def test_every_set_has_its_loader() -> None:
    for name, each in SETS.items():
        assert name == each.name
        assert callable(getattr(data, each.loader))
        assert all((each.title, each.content, each.licence, each.mirrors, each.files))


def test_every_file_can_be_checked() -> None:
    for each in SETS.values():
        for file in each.files:
            if file.most:
                assert file.markers
                assert 0 < file.size < file.most
            else:
                assert re.fullmatch("md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", file.digest)


def test_what_is_fetched_is_the_whole() -> None:
    for each in SETS.values():
        brought = {file.name.removesuffix(".gz") for file in each.files}
        if each.archive_folder:
            assert len(brought) == 1
            assert each.part_size > 0
        else:
            assert brought == set(each.whole.parts)


def test_urls_name_the_file() -> None:
    mnist, tiny = SETS["mnist"], SETS["tinyshakespeare"]
    assert mnist.urls(mnist.files[1])[0] == (
        "https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz"
    )
    assert tiny.urls(tiny.files[0])[1].endswith("download.tensorflow.org/data/shakespeare.txt")
    for each in SETS.values():
        for file in each.files:
            urls = each.urls(file)
            assert len(set(urls)) == len(urls)
            assert all(re.match(r"https?://[^{}]+$", url) for url in urls)


def test_a_name_that_there_is_not_is_told_the_nearest() -> None:
    with pytest.raises(DataError) as raised:
        data_set("Mnits")
    assert str(raised.value) == (
        "there is no set of data 'Mnits'; did you mean mnist? There are housing, mnist, fashion, "
        "cifar10, shakespeare, tinyshakespeare, hiawatha, music, tagging"
    )
    with pytest.raises(DataError, match=r"'xyzzy'; there are housing, mnist"):
        data_set("xyzzy")


def test_what_is_bundled_is_what_the_readme_says() -> None:
    for each in SETS.values():
        place = bundled(each.name)
        for part in place.form.parts if place else ():
            path = place.path(part)
            packed, content = path.read_bytes(), unpacked(path)
            digests = {
                hashlib.sha256(packed).hexdigest(),
                hashlib.sha256(content).hexdigest(),
                hashlib.md5(content).hexdigest(),
            }
            assert any(f"`{digest}`" in README for digest in digests), path
    assert [name for name in SETS if bundled(name)] == ["housing", "mnist", "shakespeare", "music"]


def test_what_is_bundled_whole_is_what_would_be_fetched() -> None:
    whole = [each for each in SETS.values() if each.is_bundled_whole]
    assert [each.name for each in whole] == ["housing", "music"]
    for each in whole:
        content = unpacked(bundled(each.name).path(each.whole.parts[0]))
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == each.files[0].digest
        assert len(content) == each.files[0].size


def test_texts_are_packed_without_a_time() -> None:
    for name in ("shakespeare-7plays.txt.gz", "irish.abc.gz"):
        packed = (files("knetengine.data") / "files" / name).read_bytes()
        assert packed[4:8] == bytes(4)
        assert gzip.compress(gzip.decompress(packed), 9, mtime=0)[4:8] == bytes(4)
