"""Sets of data without what the machine has of them, and mirrors to fetch them from."""

import gzip
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from knetengine.data import SETS, DataSet
from knetengine.data.catalogue import File
from knetengine.data.places import FILES

GIVEN = os.environ.get("KNET_DATA_DIR")
IDX_PARTS = SETS["mnist"].whole.parts

FETCH = """
import resource, sys, msgspec
from knetengine.data import catalogue, fetch
one = msgspec.json.decode(sys.argv[1], type=catalogue.DataSet)
catalogue.SETS[one.name] = one
limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    print(fetch(one.name))
except catalogue.DataError as error:
    sys.exit(str(error))
"""


class Shown:
    """A progress object that keeps what it is told."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.count = self.most = self.resets = self.closed = 0

    @property
    def total(self) -> int:
        return self.totals[-1]

    @total.setter
    def total(self, count: int) -> None:
        self.totals.append(count)

    def update(self, count: int, /) -> None:
        assert not self.closed
        assert count >= 0
        self.count += count
        self.most = max(self.most, self.count)

    def reset(self) -> None:
        self.resets += 1
        self.count = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """No KNET_DATA_DIR, no package of the system, no proxy."""
    monkeypatch.delenv("KNET_DATA_DIR", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    for name, each in SETS.items():
        monkeypatch.setitem(SETS, name, msgspec.structs.replace(each, system_folder=""))


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the full sets, which KNET_DATA_DIR names when the tests are run with it."""
    if GIVEN is None:
        pytest.skip("KNET_DATA_DIR is not set: the full sets are not looked at")
    monkeypatch.setenv("KNET_DATA_DIR", GIVEN)
    return Path(GIVEN)


@pytest.fixture
def small_mnist() -> dict[str, bytes]:
    """The four files of the bundled MNIST, by name."""
    return {f"{p}.gz": (FILES / "mnist5k" / f"{p}.gz").read_bytes() for p in IDX_PARTS}


@pytest.fixture
def mirror_module() -> ModuleType:
    """mirror.py, which lies beside this file: the folders of tests are no packages."""
    spec = importlib.util.spec_from_file_location("mirror", Path(__file__).with_name("mirror.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def start_mirror(mirror_module: ModuleType) -> Iterator[Callable[[], Any]]:
    """Start a server on this machine."""
    mirrors: list[Any] = []

    def start() -> Any:
        mirrors.append(mirror_module.Mirror())
        return mirrors[-1]

    yield start
    for mirror in mirrors:
        mirror.close()


@pytest.fixture
def mirror(
    start_mirror: Callable[[], Any], mirror_module: ModuleType, small_mnist: dict[str, bytes]
) -> Any:
    """A mirror with the files of MNIST, in which nothing goes wrong yet."""
    server = start_mirror()
    server.files.update({n: mirror_module.Served(c) for n, c in small_mnist.items()})
    return server


@pytest.fixture
def wanted(install: Callable[..., DataSet], small_mnist: dict[str, bytes], mirror: Any) -> DataSet:
    """MNIST with these files, from the mirror."""
    return install("mnist", small_mnist, mirror.url)


@pytest.fixture
def start_fetch() -> Callable[..., subprocess.Popen[str]]:
    """Fetch a set in a process of its own, in which files have at most `limit` bytes."""

    def start(wanted: DataSet, limit: int = 0) -> subprocess.Popen[str]:
        catalogue = msgspec.json.encode(wanted).decode()
        return subprocess.Popen(
            [sys.executable, "-c", FETCH, catalogue, str(limit)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def shown() -> Shown:
    """A progress object, for `fetch`."""
    return Shown()


@pytest.fixture
def files_in() -> Callable[[Path], list[str]]:
    """What is in a folder, without the file by which processes wait for each other."""

    def names(folder: Path) -> list[str]:
        return sorted(path.name for path in folder.iterdir() if path.name != ".lock")

    return names


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DataSet]:
    """Let a set be these files, from these mirrors; the sizes and checksums are theirs."""

    def put(name: str, contents: dict[str, bytes], *urls: str, **changes: Any) -> DataSet:
        files = tuple(
            File(file, len(content), digest=f"sha256:{_sha256(content)}")
            for file, content in contents.items()
        )
        values = {
            "files": files,
            "mirrors": tuple(f"{url}/{{name}}" for url in urls),
            **changes,
        }
        changed = msgspec.structs.replace(SETS[name], **values)
        monkeypatch.setitem(SETS, name, changed)
        return changed

    return put


@pytest.fixture
def write_idx() -> Callable[..., None]:
    """Write a file in the idx format, gzip-compressed, with this shape in its header."""

    def write(path: Path, content: bytes, *shape: int, magic: bytes = b"") -> None:
        header = magic or bytes((0, 0, 8, len(shape)))
        sizes = b"".join(size.to_bytes(4, "big") for size in shape)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(header + sizes + content))

    return write


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
