"""Downloads that break: they go on where they were, and halves of different files never meet."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knetengine.data import DataError, DataSet, fetch, find, mnist
from knetengine.data.downloading import ATTEMPTS, CHUNK
from knetengine.data.places import own_folder

BIG = "train-images-idx3-ubyte.gz"
FilesIn = Callable[[Path], list[str]]
Install = Callable[..., DataSet]
StartFetch = Callable[..., "subprocess.Popen[str]"]


def test_a_broken_download_goes_on_at_once(
    wanted: DataSet, mirror: Any, shown: Any, files_in: FilesIn
) -> None:
    mirror.spoil(BIG, breaks=200_000, times=1)
    folder = fetch("mnist", shown)
    first, second = mirror.asked(BIG)
    kept = int(second.removeprefix("bytes=").removesuffix("-"))
    assert first == ""
    assert 200_000 - CHUNK <= kept <= 200_000
    assert shown.count == shown.most == shown.total
    assert files_in(folder) == sorted(mirror.files)
    mnist()


def test_a_broken_download_goes_on_the_next_time(
    wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes], files_in: FilesIn
) -> None:
    mirror.spoil(BIG, breaks=70_000)
    with pytest.raises(DataError) as raised:
        fetch("mnist")
    assert len(mirror.asked(BIG)) == ATTEMPTS
    part = own_folder("mnist") / f"{BIG}.part"
    kept = part.stat().st_size
    assert part.read_bytes() == small_mnist[BIG][:kept]
    assert kept >= ATTEMPTS * CHUNK
    assert files_in(own_folder("mnist")) == [part.name]
    assert f"try again, which goes on after the {kept / 1e3:.0f} kB that came" in str(raised.value)
    assert f"the connection broke {ATTEMPTS} times" in str(raised.value)

    mirror.spoil(BIG, breaks=0)
    mirror.requests.clear()
    folder = fetch("mnist")
    assert mirror.asked(BIG) == [f"bytes={kept}-"]
    assert (folder / BIG).read_bytes() == small_mnist[BIG]
    assert files_in(folder) == sorted(small_mnist)


def test_another_mirror_goes_on_where_the_first_broke(
    mirror: Any, start_mirror: Callable[[], Any], small_mnist: dict[str, bytes], install: Install
) -> None:
    second = start_mirror()
    second.files.update(mirror.files)
    install("mnist", small_mnist, mirror.url, second.url)
    mirror.spoil(BIG, breaks=200_000, ranges=False)
    folder = fetch("mnist")
    (asked,) = second.asked(BIG)
    assert asked.startswith("bytes=")
    assert int(asked[6:-1]) >= 200_000 - CHUNK
    assert (folder / BIG).read_bytes() == small_mnist[BIG]


def test_a_server_without_ranges_begins_again(
    wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes], shown: Any
) -> None:
    mirror.spoil(BIG, breaks=200_000, times=1, ranges=False)
    folder = fetch("mnist", shown)
    assert len(mirror.asked(BIG)) == 2
    assert mirror.asked(BIG)[1] != ""
    assert (folder / BIG).read_bytes() == small_mnist[BIG]
    assert shown.count == shown.total


def test_a_server_without_ranges_that_always_breaks_is_given_up(
    wanted: DataSet, mirror: Any
) -> None:
    mirror.spoil(BIG, breaks=200_000, ranges=False)
    with pytest.raises(DataError, match=r"after 1\d\d,\d\d\d bytes of 651,181\. Check"):
        fetch("mnist")
    assert len(mirror.asked(BIG)) == 2  # the second brought no more than the first


@pytest.mark.parametrize("shift", [-1, 1])
def test_an_answer_from_another_place_is_not_used(
    shift: int, wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes]
) -> None:
    mirror.spoil(BIG, breaks=200_000, times=1, shift=shift)
    with pytest.raises(DataError, match=r"sent bytes \d+-651180/651181, not from \d+\."):
        fetch("mnist")
    mirror.spoil(BIG, shift=0)
    assert (fetch("mnist") / BIG).read_bytes() == small_mnist[BIG]


def test_an_end_without_a_length_is_noticed(
    wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes]
) -> None:
    mirror.spoil(BIG, breaks=200_000, times=1, says_length=False)
    folder = fetch("mnist")
    assert mirror.asked(BIG) == ["", "bytes=200000-"]
    assert (folder / BIG).read_bytes() == small_mnist[BIG]


def test_what_was_kept_may_be_wrong(
    wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes], files_in: FilesIn
) -> None:
    """Then the file is fetched from its start, from the same mirror."""
    folder = own_folder("mnist")
    folder.mkdir(parents=True)
    for size in (1000, len(small_mnist[BIG]), len(small_mnist[BIG]) + 10):
        (folder / BIG).unlink(missing_ok=True)
        (folder / f"{BIG}.part").write_bytes(bytes(size))
        mirror.requests.clear()
        fetch("mnist")
        assert mirror.asked(BIG) == (["bytes=1000-", ""] if size == 1000 else [""])
        assert (folder / BIG).read_bytes() == small_mnist[BIG]
        assert files_in(folder) == sorted(small_mnist)


def test_a_whole_part_needs_no_server(
    wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes]
) -> None:
    """The process was killed between the last byte and the new name."""
    folder = fetch("mnist")
    (folder / BIG).rename(folder / f"{BIG}.part")
    mirror.close()
    assert (fetch("mnist") / BIG).read_bytes() == small_mnist[BIG]


def test_a_page_of_a_gateway_does_not_spoil_what_came(
    wanted: DataSet, mirror: Any, small_mnist: dict[str, bytes]
) -> None:
    folder = own_folder("mnist")
    folder.mkdir(parents=True)
    (folder / f"{BIG}.part").write_bytes(small_mnist[BIG][:1000])
    mirror.spoil(BIG, content=b"<html>log in</html>", ranges=False)
    with pytest.raises(DataError, match="has a file of 19 bytes, expected 651,181"):
        fetch("mnist")
    assert (folder / f"{BIG}.part").read_bytes() == small_mnist[BIG][:1000]


def test_a_killed_fetch_goes_on(
    wanted: DataSet,
    mirror: Any,
    small_mnist: dict[str, bytes],
    files_in: FilesIn,
    start_fetch: StartFetch,
) -> None:
    mirror.spoil(BIG, breaks=300_000)
    mirror.hold = True
    process = start_fetch(wanted)
    assert mirror.reached.wait(60)
    part = own_folder("mnist") / f"{BIG}.part"
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert files_in(part.parent) == [part.name]
    kept = part.stat().st_size
    assert kept > 0
    assert find("mnist").origin == "bundled"

    mirror.release.set()
    mirror.spoil(BIG, breaks=0)
    assert (fetch("mnist") / BIG).read_bytes() == small_mnist[BIG]
    assert mirror.asked(BIG) == ["", f"bytes={kept}-"]
