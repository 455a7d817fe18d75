"""Where a set is looked for, in which order, and what is said of it."""

import gzip
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from knetengine.data import SETS, DataError, DataSet, fashion, find, mnist
from knetengine.data.catalogue import File
from knetengine.data.places import FILES, own_folder


def put(contents: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def test_the_order_of_places(
    tmp_path: Path,
    home: Path,
    small_mnist: dict[str, bytes],
    install: Callable[..., DataSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install("mnist", small_mnist, system_folder=str(tmp_path / "system"))
    assert find("mnist").origin == "bundled"
    put(small_mnist, tmp_path / "system")
    assert find("mnist")[2:] == (tmp_path / "system", "system")
    put(small_mnist, home / "data" / "mnist")
    assert find("mnist")[2:] == (home / "data" / "mnist", "fetched")
    (tmp_path / "given").mkdir()
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path / "given"))
    assert find("mnist").origin == "fetched"  # KNET_DATA_DIR has other sets
    put(small_mnist, tmp_path / "given" / "mnist")
    assert find("mnist")[2:] == (tmp_path / "given" / "mnist", "KNET_DATA_DIR")


def test_a_folder_that_lacks_a_file_is_passed_over(small_mnist: dict[str, bytes]) -> None:
    small_mnist.popitem()
    put(small_mnist, own_folder("mnist"))
    assert find("mnist").origin == "bundled"


def test_files_may_be_unpacked(small_mnist: dict[str, bytes]) -> None:
    plain = {n.removesuffix(".gz"): gzip.decompress(c) for n, c in small_mnist.items()}
    put(plain, own_folder("mnist"))
    assert find("mnist").origin == "fetched"
    (xtrn, _), _ = mnist()
    assert len(xtrn) == 4000


def test_fashion_may_lie_in_either_folder(
    tmp_path: Path, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    put(small_mnist, tmp_path / "fashion-mnist")
    assert find("fashion").folder == tmp_path / "fashion-mnist"
    put(small_mnist, tmp_path / "fashion")
    assert find("fashion").folder == tmp_path / "fashion"


def test_a_set_that_is_nowhere_says_how_to_have_it() -> None:
    with pytest.raises(DataError) as raised:
        fashion()
    assert str(raised.value) == (
        "Fashion-MNIST (pictures of clothes, 28 x 28) is not on this machine; "
        "'knet-tui data fetch fashion' fetches it (30.9 MB), or KNET_DATA_DIR names a folder that "
        "has it"
    )


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_text("")])
def test_a_data_dir_that_is_no_folder_is_an_error(
    make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "given")
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path / "given"))
    with pytest.raises(DataError, match=r"KNET_DATA_DIR is .*given, which is no folder; .*unset"):
        mnist()


def test_a_folder_that_may_not_be_looked_into_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    (tmp_path / "mnist").mkdir(mode=0)
    tmp_path.chmod(0o755)
    was = os.geteuid()
    if was == 0:  # permissions do not bind root
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        with pytest.raises(DataError, match="cannot be looked at: Permission denied"):
            find("mnist")
    finally:
        os.seteuid(was)


def test_the_data_dir_is_only_read(
    tmp_path: Path, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(small_mnist, tmp_path / "given" / "mnist")
    for path in (*folder.iterdir(), folder, folder.parent):
        path.chmod(0o555 if path.is_dir() else 0o444)

    def state() -> list[tuple[str, int, int]]:
        paths = sorted(folder.parent.rglob("*"))
        return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in paths]

    before = state()
    monkeypatch.setenv("KNET_DATA_DIR", str(folder.parent))
    try:
        (xtrn, _), _ = mnist()
        assert len(xtrn) == 4000
        assert find("mnist").origin == "KNET_DATA_DIR"
        assert state() == before
    finally:
        folder.parent.chmod(0o755)
        folder.chmod(0o755)


def said_by(code: str, **variables: str) -> str:
    """What a process of its own says on stderr."""
    done = subprocess.run(
        [sys.executable, "-c", f"from knetengine.data import *\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **variables},
    )
    assert done.stdout == ""
    return done.stderr


def test_once_in_a_process_a_line_says_what_it_is() -> None:
    assert said_by("mnist(); mnist(); text(); find('mnist')") == (
        "MNIST: bundled 5,000 of 70,000; 'knet-tui data fetch mnist' for all\n"
        "Shakespeare: bundled 7 of 38 plays; 'knet-tui data fetch shakespeare' for all\n"
    )


def test_the_line_names_the_folder(tmp_path: Path, small_mnist: dict[str, bytes]) -> None:
    folder = put(small_mnist, tmp_path / "mnist")
    said = said_by("mnist()", KNET_DATA_DIR=str(tmp_path))
    assert said == f"MNIST: 70,000 from {folder}\n"


def test_nothing_is_said_where_all_places_have_the_same(tmp_path: Path) -> None:
    (tmp_path / "housing").mkdir()
    shutil.copy(FILES / "housing.data.gz", tmp_path / "housing")
    assert said_by("housing(); music()") == ""
    code = "housing(); assert find('housing').origin == 'KNET_DATA_DIR'"
    assert said_by(code, KNET_DATA_DIR=str(tmp_path)) == ""


def test_what_a_package_of_the_system_has_is_compared_with_the_catalogue(
    tmp_path: Path, small_mnist: dict[str, bytes], install: Callable[..., DataSet]
) -> None:
    """As it is inside the .gz: Debian packed Fashion-MNIST anew, with other headers."""
    folder = put(small_mnist, tmp_path / "system")
    files = tuple(
        File(name, 1, unpacked=hashlib.sha256(gzip.decompress(content)).hexdigest())
        for name, content in small_mnist.items()
    )
    install("fashion", {}, files=files, system_folder=str(folder))
    name = "t10k-labels-idx1-ubyte.gz"
    content = gzip.decompress(small_mnist[name])
    (folder / name).write_bytes(gzip.compress(content, 1, mtime=12345))
    assert (folder / name).read_bytes() != small_mnist[name]
    _, (_, ytst) = fashion()
    assert len(ytst) == 1000

    (folder / name).write_bytes(gzip.compress(content[:-1] + bytes([(content[-1] + 1) % 10])))
    with pytest.raises(DataError) as raised:
        fashion()
    assert str(raised.value).startswith(f"{folder / name}: unpacked it has the sha256 ")
    assert str(raised.value).endswith(
        f"expected {files[3].unpacked}; install the package that brought it again, or remove it"
    )


def test_the_file_of_a_set_may_be_a_link(tmp_path: Path, small_mnist: dict[str, bytes]) -> None:
    folder = put(small_mnist, tmp_path / "elsewhere")
    own_folder("mnist").parent.mkdir(parents=True)
    own_folder("mnist").symlink_to(folder)
    assert find("mnist").origin == "fetched"


def test_the_catalogue_names_debians_folder() -> None:
    """The fixture of this folder hides it; the file has it."""
    content = Path(sys.modules["knetengine.data.catalogue"].__file__).with_name("catalogue.toml")
    (fashion_set,) = [
        each
        for each in msgspec.toml.decode(content.read_bytes())["set"]
        if each["name"] == "fashion"
    ]
    assert fashion_set["system_folder"] == "/usr/share/datasets/fashion-mnist"
    assert all(file["unpacked"] for file in fashion_set["files"])
    assert SETS["fashion"].system_folder == ""
