"""The report: its schema stays, and it tells nothing of who ran it or where."""

import getpass
import json
import socket
from pathlib import Path

import pytest

from knetengine.selftest import report as reports
from knetengine.selftest import running
from knetengine.selftest.checks import CHECKS
from tests.examples.running import EXAMPLES

# What readers of reports of schema 1 rely on: a change here is another schema.
REPORT = ["schema", "date", "system", "versions", "finished", "obstacle", "devices"]
DEVICE = [
    "name", "kind", "description", "memory_bytes", "compute_capability", "driver_version",
    "runtime_version", "nvrtc_version", "checks",
]  # fmt: skip
CHECK = ["family", "name", "status", "seconds", "error", "tolerance", "unit", "message"]


@pytest.fixture
def text(tmp_path: Path) -> str:
    checks = [each for each in CHECKS if each.name in ("exp", "sum", "slopes", "linear regression")]
    found = running.run(["cpu"], examples=EXAMPLES, say=lambda line: None, checks=checks)
    path = tmp_path / "folder" / "report.json"
    reports.write(found, path)
    assert [each.name for each in path.parent.iterdir()] == ["report.json"]
    return path.read_text()


def test_the_schema_stays(text: str) -> None:
    found = json.loads(text)
    assert list(found) == REPORT
    assert found["schema"] == reports.SCHEMA == 1
    (device,) = found["devices"]
    assert list(device) == DEVICE
    assert all(list(each) == CHECK for each in device["checks"])
    assert {each["status"] for each in device["checks"]} == {"passed", "skipped"}
    assert device["kind"] == device["name"] == "cpu"
    assert {"knet-tui", "python", "numpy", "scipy"} <= set(found["versions"])
    measured = [each for each in device["checks"] if each["tolerance"]]
    assert measured
    assert all(0 <= each["error"] <= each["tolerance"] and each["unit"] for each in measured)


def test_it_tells_nothing_private(text: str) -> None:
    for private in (str(Path.home()), socket.gethostname(), str(Path.cwd())):
        assert private not in text
    if len(getpass.getuser()) > 2:
        assert f"/{getpass.getuser()}" not in text


def test_folders_and_names_are_taken_out_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports.getpass, "getuser", lambda: "ada")
    monkeypatch.setattr(reports.socket, "gethostname", lambda: "engine7")
    for said, told in {
        "cannot open /opt/cuda/lib64/libcublas.so.13: no": "cannot open libcublas.so.13: no",
        "File '/srv/ada/x.py', line 3": "File 'x.py', line 3",
        "ada on engine7 said so": "USER on HOST said so",
        "found 1/3, expected -0.5 and/or 2": "found 1/3, expected -0.5 and/or 2",
        r"C:\Users\ada\x.py": "x.py",
        f"{Path.home()}/models/mine.py": "mine.py",
    }.items():  # fmt: skip
        assert reports.without_private(said) == told


def test_numbers_that_json_has_not_are_left_out() -> None:
    assert [reports.figure(x) for x in (None, float("nan"), float("inf"), 2.0)] == [
        None, None, None, 2.0,
    ]  # fmt: skip


def test_versions_are_written_as_people_do() -> None:
    assert [reports._version(number) for number in (13000, 12090, 12080)] == [
        "13.0", "12.9", "12.8",
    ]  # fmt: skip
