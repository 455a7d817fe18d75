"""The words `data list` and `data fetch`, as a shell starts them."""

import hashlib
import importlib.util
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from knetengine.data import SETS, DataSet
from knetengine.data.catalogue import File
from knetengine.data.places import FILES
from tests.knetui.loading import loaded_by_words

PATIENCE = 60
BIG = "train-images-idx3-ubyte.gz"
MIRROR = Path(__file__).parents[2] / "knetengine" / "data" / "mirror.py"

# `knet-tui`, with a catalogue whose sets come from elsewhere.
KNET = """
import os, sys, msgspec
from knetengine.data import catalogue
one = msgspec.json.decode(os.environ["CATALOGUE"], type=catalogue.DataSet)
catalogue.SETS[one.name] = one
from knetui.cli import main
main()
"""


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KNET_DATA_DIR", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def mirror() -> Iterator[Any]:
    """A server on this machine with the files of the bundled MNIST."""
    spec = importlib.util.spec_from_file_location("mirror", MIRROR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.Mirror()
    for path in (FILES / "mnist5k").iterdir():
        server.files[path.name] = module.Served(path.read_bytes())
    yield server
    server.close()


@pytest.fixture
def wanted(mirror: Any, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    """MNIST from the mirror, for `knet`."""
    files = tuple(
        File(
            file.name,
            len(mirror.files[file.name].content),
            digest=f"sha256:{hashlib.sha256(mirror.files[file.name].content).hexdigest()}",
        )
        for file in SETS["mnist"].files
    )
    changed = msgspec.structs.replace(
        SETS["mnist"], files=files, mirrors=(f"{mirror.url}/{{name}}",)
    )
    monkeypatch.setenv("CATALOGUE", msgspec.json.encode(changed).decode())
    return changed


def start(*arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """`knet-tui ARGUMENTS`, still running, with the catalogue of `wanted` if there is one."""
    code = KNET if "CATALOGUE" in os.environ else "from knetui.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def knet(*arguments: str) -> tuple[int, str, str]:
    """`knet-tui ARGUMENTS`: exit status, output, errors."""
    process = start(*arguments)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def test_every_set_has_a_line() -> None:
    status, out, err = knet("data", "list")
    assert (status, err) == (0, "")
    head, *lines = out.splitlines()
    assert head.split() == ["set", "holds", "bundled", "whole", "licence", "here"]
    assert [line.split()[0] for line in lines] == list(SETS)
    rows = {line.split()[0]: re.split("  +", line) for line in lines}
    assert rows["mnist"][1:] == [
        "handwritten digits, 28 x 28",
        "5,000 of 70,000",
        "11.6 MB",
        "CC BY-SA 3.0",
        "bundled",
    ]
    assert rows["housing"][2:] == ["all", "49 kB", "PDDL-1.0", "bundled"]
    assert rows["cifar10"][2:] == ["nothing", "170.1 MB", "none stated", "nowhere"]
    assert rows["hiawatha"][3] == "< 240 kB"
    assert max(map(len, lines)) <= 110


def test_the_list_says_what_this_machine_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("train_5000.bin", "test_1000.bin"):
        path = tmp_path / "\x1b[2J" / "cifar10" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path / "\x1b[2J"))
    status, out, _ = knet("data", "list")
    assert status == 0
    (line,) = [line for line in out.splitlines() if line.startswith("cifar10")]
    assert line.endswith(f"{tmp_path}/␛[2J/cifar10 (6,000 of 60,000)")


def test_the_list_outlives_a_wrong_data_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNET_DATA_DIR", "/nowhere/at/all")
    status, out, err = knet("data", "list")
    assert (status, err) == (0, "")
    assert out.count("KNET_DATA_DIR is /nowhere/at/all, which is no folder") == len(SETS)


def test_light_words_load_neither_numpy_nor_textual() -> None:
    slow = ("numpy", "textual", "rich.progress", "requests")
    assert not loaded_by_words(["data", "list"], *slow)


def test_a_set_is_fetched_with_a_line_for_every_tenth(wanted: DataSet, home: Path) -> None:
    status, out, err = knet("data", "fetch", "mnist")
    folder = home / "data" / "mnist"
    assert (status, out) == (0, f"MNIST: 70,000 in {folder}\n")
    lines = err.splitlines()
    assert lines[-1] == "MNIST: 0.8 of 0.8 MB"
    assert 5 <= len(lines) <= 10
    assert all(re.fullmatch(r"MNIST: 0\.\d of 0\.8 MB", line) for line in lines)
    assert sorted(lines) == lines

    assert knet("data", "fetch", "mnist") == (0, out, "")
    assert f" {folder}\n" in knet("data", "list")[1]


def test_a_terminal_shows_a_bar(wanted: DataSet, home: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        process = start("data", "fetch", "mnist", stderr=theirs)
        os.close(theirs)
        shown = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            shown += chunk
        out, _ = process.communicate(timeout=PATIENCE)
    finally:
        os.close(ours)
    assert (process.returncode, out) == (0, f"MNIST: 70,000 in {home}/data/mnist\n")
    text = shown.decode()
    total = sum(file.size for file in wanted.files)
    assert "MNIST" in text
    assert "━" in text
    assert f"{total / 1e3:.1f}/{total / 1e3:.1f} kB" in text
    assert text.endswith("\x1b[?25h")  # the cursor is there again


def test_what_fails_is_a_line(wanted: DataSet, mirror: Any, home: Path) -> None:
    mirror.spoil(BIG, status=404)
    status, out, err = knet("data", "fetch", "mnist")
    host = mirror.url.removeprefix("http://")
    assert (status, out) == (1, "")
    assert err == (
        f"knet-tui: {BIG} (651 kB) cannot be fetched. {host}: HTTP 404 Not Found. Check the "
        "network and try again\n"
    )


def test_ctrl_c_leaves_what_came(wanted: DataSet, mirror: Any, home: Path) -> None:
    mirror.spoil(BIG, breaks=300_000)
    mirror.hold = True
    process = start("data", "fetch", "mnist")
    assert process.stderr is not None
    first = process.stderr.readline()  # a tenth is there, so a part is on the disk
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert first.startswith("MNIST: 0.")
    assert err.splitlines()[-1] == "stopped; `knet-tui data fetch mnist` goes on from here"
    assert "Traceback" not in err
    (part,) = [path for path in (home / "data" / "mnist").iterdir() if path.name != ".lock"]
    kept = part.stat().st_size

    mirror.release.set()
    mirror.spoil(BIG, breaks=0)
    assert knet("data", "fetch", "mnist")[0] == 0
    assert mirror.asked(BIG) == ["", f"bytes={kept}-"]


def test_a_name_that_there_is_not_is_told_the_nearest() -> None:
    status, out, err = knet("data", "fetch", "minst")
    assert (status, out) == (2, "")
    assert err == (
        "knet-tui: there is no set of data 'minst'; did you mean mnist? There are housing, mnist, "
        "fashion, cifar10, shakespeare, tinyshakespeare, hiawatha, music, tagging\n"
    )


def test_fetching_needs_a_name() -> None:
    status, out, err = knet("data", "fetch")
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert "requires an argument" in line
