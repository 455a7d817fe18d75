"""CIFAR-10's archive: its members come out whole, and nothing else comes out."""

import io
import random
import resource
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from knetengine.data import SETS, DataError, DataSet, cifar10, fetch
from knetengine.data.archives import unpack
from knetengine.data.places import own_folder
from knetengine.data.records import RECORD

INSIDE = "cifar-10-batches-bin"
PARTS = ("one.bin", "two.bin")
SIZE = 1000


def member(name: str, content: bytes = b"", **values: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in values.items():
        setattr(info, key, value)
    return info, content


def archive(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content) if content else None)
    return path


def content_of(part: str) -> bytes:
    return part.encode()[:1] * SIZE


def good() -> list[tuple[tarfile.TarInfo, bytes]]:
    return [member(f"{INSIDE}/{part}", content_of(part)) for part in PARTS]


def everything_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "outer" / "target"
    folder.mkdir(parents=True)
    return folder


def test_only_what_is_expected_comes_out(tmp_path: Path, target: Path) -> None:
    path = archive(
        tmp_path / "a.tar.gz",
        member(INSIDE, type=tarfile.DIRTYPE),
        member(f"{INSIDE}/readme.html", b"hello"),
        *good(),
        member("../escaped", b"x"),
        member("../../escaped", b"x"),
        member(f"{tmp_path}/outer/escaped", b"x"),
        member(f"{INSIDE}/link", type=tarfile.SYMTYPE, linkname="/etc"),
        member(f"{INSIDE}/link/passwd", b"x"),
    )
    unpack(path, INSIDE, PARTS, SIZE, target)
    assert everything_below(tmp_path / "outer") == ["target", "target/one.bin", "target/two.bin"]
    for part in PARTS:
        assert (target / part).read_bytes() == content_of(part)
        assert not (target / part).is_symlink()


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (member(f"../{INSIDE}/two.bin", content_of("two.bin")), "two.bin is not in it"),
        (member("two.bin", content_of("two.bin")), "two.bin is not in it"),
        (member(f"{INSIDE}/../{INSIDE}/two.bin", content_of("two.bin")), "two.bin is not in it"),
        (
            member(f"{INSIDE}/two.bin", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
            "two.bin is no file of 1,000 bytes",
        ),
        (
            member(f"{INSIDE}/two.bin", type=tarfile.LNKTYPE, linkname=f"{INSIDE}/one.bin"),
            "two.bin is no file of 1,000 bytes",
        ),
        (member(f"{INSIDE}/two.bin", type=tarfile.FIFOTYPE), "two.bin is no file of 1,000 bytes"),
        (member(f"{INSIDE}/two.bin", bytes(SIZE - 1)), "two.bin is no file of 1,000 bytes"),
    ],
)
def test_a_member_that_is_not_as_expected_spoils_all(
    second: tuple[tarfile.TarInfo, bytes], said: str, tmp_path: Path, target: Path
) -> None:
    path = archive(tmp_path / "a.tar.gz", good()[0], second)
    with pytest.raises(DataError) as raised:
        unpack(path, INSIDE, PARTS, SIZE, target)
    assert str(raised.value) == f"{path}: {INSIDE}/{said}; remove it and fetch it again"
    assert everything_below(tmp_path / "outer") == ["target"]


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_an_archive_that_is_cut_short_is_said(share: float, tmp_path: Path, target: Path) -> None:
    contents = [random.Random(part).randbytes(SIZE) for part in PARTS]
    members = [member(f"{INSIDE}/{p}", c) for p, c in zip(PARTS, contents, strict=True)]
    path = archive(tmp_path / "a.tar.gz", *members)
    packed = path.read_bytes()
    path.write_bytes(packed[: int(share * len(packed))])
    with pytest.raises(DataError, match=r"it is cut short or damaged|is not in it"):
        unpack(path, INSIDE, PARTS, SIZE, target)
    assert everything_below(target) == []


def test_cifar10_is_fetched_unpacked_and_its_archive_removed(
    tmp_path: Path,
    start_mirror: Callable[[], Any],
    mirror_module: ModuleType,
    install: Callable[..., DataSet],
) -> None:
    """In files of 20 pictures instead of 10,000."""
    size = 20 * RECORD
    names = [*(f"data_batch_{batch}.bin" for batch in range(1, 6)), "test_batch.bin"]
    path = archive(
        tmp_path / "cifar-10-binary.tar.gz",
        *(member(f"{INSIDE}/{name}", bytes([i]) + bytes(size - 1)) for i, name in enumerate(names)),
    )
    server = start_mirror()
    server.files[path.name] = mirror_module.Served(path.read_bytes())
    install("cifar10", {path.name: path.read_bytes()}, server.url, part_size=size)
    folder = fetch("cifar10")
    assert everything_below(folder) == [".lock", *sorted(names)]
    (xtrn, ytrn), (xtst, ytst) = cifar10()
    assert (xtrn.shape, xtst.shape) == ((100, 3, 32, 32), (20, 3, 32, 32))
    assert ytrn[::20].tolist() == [0, 1, 2, 3, 4]
    assert ytst[0] == 5
    fetch("cifar10")
    assert len(server.requests) == 1

    (folder / names[2]).write_bytes(b"")  # as after a fault of the disk
    fetch("cifar10")
    assert len(server.requests) == 2
    assert (folder / names[2]).stat().st_size == size


def test_an_archive_without_its_members_leaves_nothing_that_is_used(
    tmp_path: Path,
    start_mirror: Callable[[], Any],
    mirror_module: ModuleType,
    install: Callable[..., DataSet],
) -> None:
    path = archive(tmp_path / "cifar-10-binary.tar.gz", member("../data_batch_1.bin", b"x"))
    server = start_mirror()
    server.files[path.name] = mirror_module.Served(path.read_bytes())
    install("cifar10", {path.name: path.read_bytes()}, server.url)
    with pytest.raises(DataError, match=r"data_batch_1\.bin is not in it"):
        fetch("cifar10")
    assert everything_below(own_folder("cifar10")) == [".lock", path.name]
    with pytest.raises(DataError, match="is not on this machine"):
        cifar10()


def test_a_disk_that_is_full_of_it_keeps_the_archive_for_the_next_time(
    tmp_path: Path,
    start_mirror: Callable[[], Any],
    mirror_module: ModuleType,
    install: Callable[..., DataSet],
) -> None:
    """A limit on the size of files stands in for the disk: the packed one fits, no member does."""
    members = [member(f"{INSIDE}/{part}", bytes(200_000)) for part in SETS["cifar10"].whole.parts]
    path = archive(tmp_path / "cifar-10-binary.tar.gz", *members)
    assert path.stat().st_size < 100_000
    server = start_mirror()
    server.files[path.name] = mirror_module.Served(path.read_bytes())
    install("cifar10", {path.name: path.read_bytes()}, server.url, part_size=200_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(DataError, match="cannot be written: File too large; make room"):
            fetch("cifar10")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert everything_below(own_folder("cifar10")) == [".lock", path.name]
    fetch("cifar10")
    assert len(server.requests) == 1
    assert len(everything_below(own_folder("cifar10"))) == 1 + len(members)
