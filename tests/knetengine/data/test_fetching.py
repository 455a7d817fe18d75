"""Fetching from real servers on this machine, with what goes wrong on the way."""

import hashlib
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from knetengine.data import DataError, DataSet, fetch, find, mnist, text
from knetengine.data.catalogue import File
from knetengine.data.places import own_folder

BIG = "train-images-idx3-ubyte.gz"
FilesIn = Callable[[Path], list[str]]
Install = Callable[..., DataSet]
StartFetch = Callable[..., "subprocess.Popen[str]"]


def test_a_set_is_fetched_once_and_found(
    wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes], shown: Any, files_in: FilesIn
) -> None:
    folder = fetch("mnist", shown)
    assert folder == own_folder("mnist")
    assert {name: (folder / name).read_bytes() for name in files_in(folder)} == small_mnist
    size = sum(map(len, small_mnist.values()))
    assert set(shown.totals) == {size}
    assert (shown.count, shown.most, shown.closed) == (size, size, 1)
    assert find("mnist").origin == "fetched"
    assert len(mnist()[0][0]) == 4000

    assert fetch("mnist") == folder
    assert len(mirror.requests) == 4  # nothing was asked for again


def test_another_folder(wanted: DataSet, tmp_path: Path, files_in: FilesIn) -> None:
    assert fetch("mnist", folder=tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert len(files_in(tmp_path / "a" / "b")) == 4
    assert not own_folder("mnist").exists()


def test_a_damaged_file_is_fetched_again(wanted: DataSet, mirror: Any) -> None:
    folder = fetch("mnist")
    content = bytearray((folder / BIG).read_bytes())
    content[1000] ^= 1
    (folder / BIG).write_bytes(content)
    fetch("mnist")
    assert mirror.asked(BIG) == ["", ""]
    assert len(mirror.requests) == 5
    mnist()


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 500}, {"content": b"<html></html>"}])
def test_where_one_mirror_fails_the_next_is_asked(
    fault: dict[str, Any],
    mirror: Any,
    start_mirror: Callable[[], Any],
    small_mnist: dict[str, bytes],
    install: Install,
    files_in: FilesIn,
) -> None:
    second = start_mirror()
    second.files.update(mirror.files)
    install("mnist", small_mnist, mirror.url, second.url)
    mirror.spoil(BIG, **fault)
    folder = fetch("mnist")
    assert files_in(folder) == sorted(small_mnist)
    assert (folder / BIG).read_bytes() == small_mnist[BIG]
    assert second.asked(BIG) == [""]
    assert len(second.requests) == 1


def test_what_every_mirror_did_is_said(
    mirror: Any,
    start_mirror: Callable[[], Any],
    small_mnist: dict[str, bytes],
    install: Install,
    shown: Any,
    files_in: FilesIn,
) -> None:
    second, third, gone = start_mirror(), start_mirror(), start_mirror()
    gone.close()
    changed = bytearray(small_mnist[BIG])
    changed[5] ^= 1
    second.files[BIG] = mirror.files[BIG]._replace(content=bytes(changed))
    third.files[BIG] = mirror.files[BIG]._replace(content=small_mnist[BIG][:-1])
    mirror.spoil(BIG, status=500)
    install("mnist", small_mnist, mirror.url, second.url, third.url, gone.url)
    with pytest.raises(DataError) as raised:
        fetch("mnist", shown)
    message = str(raised.value)
    assert "\n" not in message
    found, expected = (hashlib.sha256(c).hexdigest() for c in (changed, small_mnist[BIG]))
    hosts = [server.url.removeprefix("http://") for server in (mirror, second, third, gone)]
    assert message == (
        f"{BIG} (651 kB) cannot be fetched. {hosts[0]}: HTTP 500 Internal Server Error; "
        f"{hosts[1]}: has the sha256 {found}, expected {expected}; "
        f"{hosts[2]}: has a file of 651,180 bytes, expected 651,181; "
        f"{hosts[3]}: Connection refused. Check the network and try again"
    )
    assert files_in(own_folder("mnist")) == []
    assert shown.closed == 1
    assert find("mnist").origin == "bundled"


def test_without_a_network_it_is_said(
    install: Install, small_mnist: dict[str, bytes], files_in: FilesIn
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        install("mnist", small_mnist, f"http://127.0.0.1:{probe.getsockname()[1]}")
    with pytest.raises(
        DataError, match=r"127\.0\.0\.1:\d+: Connection refused\. Check the network"
    ):
        fetch("mnist")
    assert files_in(own_folder("mnist")) == []


def test_an_unknown_set_is_said() -> None:
    with pytest.raises(DataError, match="no set of data 'minst'; did you mean mnist"):
        fetch("minst")


def test_more_than_there_should_be_is_not_taken(
    wanted: DataSet, mirror: Any, files_in: FilesIn
) -> None:
    mirror.spoil(BIG, content=bytes(5_000_000), says_length=False)
    with pytest.raises(DataError, match="has more bytes than 651,181"):
        fetch("mnist")
    assert files_in(own_folder("mnist")) == []


def test_another_address_is_followed(
    wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes]
) -> None:
    mirror.files["elsewhere"] = mirror.files[BIG]
    mirror.spoil(BIG, to=f"{mirror.url}/elsewhere")
    assert (fetch("mnist") / BIG).read_bytes() == small_mnist[BIG]


def test_a_full_disk_is_said_and_left_as_it_was(
    wanted: DataSet, files_in: FilesIn, start_fetch: StartFetch
) -> None:
    """A limit on the size of files stands in: the kernel refuses in the middle of a write."""
    process = start_fetch(wanted, limit=300_000)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    path = own_folder("mnist") / f"{BIG}.part"
    assert err == (
        f"{path} cannot be written: File too large; make room there, or set KNET_HOME to another "
        "folder\n"
    )
    assert files_in(own_folder("mnist")) == []
    fetch("mnist")


def test_a_folder_that_cannot_be_made_is_said(wanted: DataSet, home: Path, tmp_path: Path) -> None:
    home.parent.mkdir(exist_ok=True)
    home.write_text("")
    with pytest.raises(
        DataError, match=r"cannot be written: .*directory; make room or get the rig"
    ):
        fetch("mnist")


def test_of_two_processes_one_fetches(
    wanted: DataSet, mirror: Any, start_fetch: StartFetch
) -> None:
    mirror.spoil(BIG, breaks=300_000, times=1)
    mirror.hold = True
    first = start_fetch(wanted)
    assert mirror.reached.wait(60)
    second = start_fetch(wanted)
    time.sleep(1)  # for it to come to the lock; were it later, it would still find all there
    mirror.release.set()
    for process in (first, second):
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, f"{own_folder('mnist')}\n", "")
    assert len(mirror.requests) == 5  # four files, one of them in two pieces


def gutenberg(words: str = "By the shores of Gitche Gumee") -> bytes:
    return (
        f"*** START OF THE PROJECT GUTENBERG EBOOK ***\r\nHiawatha\r\n{words}\r\n"
        "*** END OF THE PROJECT GUTENBERG EBOOK ***\r\n"
    ).encode()


REISSUED = (
    File(
        "pg19-hiawatha.txt",
        100,
        most=300,
        markers=("*** START OF TH", "*** END OF TH", "Hiawatha"),
    ),
)


def test_a_file_that_is_reissued_is_known_by_its_size_and_words(
    mirror: Any, mirror_module: ModuleType, install: Install, shown: Any
) -> None:
    install("hiawatha", {}, mirror.url, files=REISSUED)
    mirror.files["pg19-hiawatha.txt"] = mirror_module.Served(gutenberg())
    fetch("hiawatha", shown)
    assert text("hiawatha").encode() == gutenberg()
    assert shown.totals == [300, len(gutenberg())]
    assert shown.count == len(gutenberg())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gutenberg().replace(b"END", b"and"), r"lacks the words '\*\*\* END OF TH'"),
        (gutenberg("x" * 300), "has a file of 402 bytes, expected 100 to 300"),
        (b"<html></html>", "has a file of 13 bytes, expected 100 to 300"),
        (gutenberg().replace(b"Hiawatha", b"Miranda!"), "lacks the words 'Hiawatha'"),
    ],
)
def test_another_text_is_not_taken(
    content: bytes,
    said: str,
    mirror: Any,
    mirror_module: ModuleType,
    install: Install,
    files_in: FilesIn,
) -> None:
    install("hiawatha", {}, mirror.url, files=REISSUED)
    mirror.files["pg19-hiawatha.txt"] = mirror_module.Served(content)
    with pytest.raises(DataError, match=said):
        fetch("hiawatha")
    assert files_in(own_folder("hiawatha")) == []


def test_halves_of_two_editions_are_not_joined(
    mirror: Any, mirror_module: ModuleType, install: Install
) -> None:
    install("hiawatha", {}, mirror.url, files=REISSUED)
    mirror.files["pg19-hiawatha.txt"] = mirror_module.Served(gutenberg())
    folder = own_folder("hiawatha")
    folder.mkdir(parents=True)
    (folder / "pg19-hiawatha.txt.part").write_bytes(gutenberg("Another")[:70])
    fetch("hiawatha")
    assert mirror.asked("pg19-hiawatha.txt") == [""]
    assert text("hiawatha").encode() == gutenberg()


def test_a_set_is_used_by_its_structure_not_its_checksum(wanted: DataSet) -> None:
    """What was fetched is compared once; a loader looks at headers and counts."""
    folder = fetch("mnist")
    assert np.array_equal(mnist()[0][1], mnist()[0][1])
    (folder / BIG).unlink()
    assert find("mnist").origin == "bundled"
