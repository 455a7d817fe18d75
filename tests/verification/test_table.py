"""The README's table, what may be put into it, and what a run is held to."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from knetengine.selftest import report as reports
from tests.verification import table
from tests.verification.__main__ import main

README = (table.ROOT / "README.md").read_text()


def test_the_readme_has_what_the_committed_counts_make() -> None:
    assert table.written(README, table.committed()) == README, (
        "python -m tests.verification --write README.md"
    )


def test_the_committed_counts_are_of_the_whole_and_of_a_choice() -> None:
    verified = table.committed()
    assert verified["whole"]["ptx"]["everything"] is True
    assert verified["everyday"]["ptx"]["everything"] is False
    assert table.lacking(verified["whole"], verified["everyday"]) == []


def test_what_a_gpu_has_not_run_is_not_claimed() -> None:
    verified = table.committed()
    verified["gpu"] = []
    last = table.table(verified).splitlines()[-1]
    assert last == "| on a GPU | never: `knet-tui doctor --gpu-selftest` checks yours |"


def a_report(**changes: Any) -> dict[str, Any]:
    """What a self-test on a GPU writes."""
    found = reports.new_report()
    checks = [
        reports.CheckReport("elementwise", "exp", reports.PASSED),
        reports.CheckReport("graphs", "replayed", reports.SKIPPED),
        reports.CheckReport("memory", "reuse", reports.FAILED, message="found 1, expected 2"),
    ]
    device = reports.DeviceReport(
        "cuda:0", "cuda", "NVIDIA | H100", 80 << 30, "9.0", "13.1", "13.0", "13.0", checks
    )
    found.devices, found.finished, found.date = [device], True, "2026-11-26T08:00:00+00:00"
    text = reports.msgspec.json.encode(found)
    return {**json.loads(text), **changes}


def test_a_report_of_a_gpu_fills_its_row() -> None:
    verified = table.committed()
    verified["gpu"] = table.reported(a_report())
    last = table.table(verified).splitlines()[-1]
    version = a_report()["versions"]["knet-tui"]
    assert last == (
        "| on a GPU: NVIDIA   H100, compute capability 9.0, CUDA 13.0, knet-tui "
        f"{version}, 2026-11-26 | 1 checks passed, 1 failed, 1 skipped |"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, "of schema 2, not 1"),
        ({"finished": False}, "interrupted"),
        ({"devices": []}, "of no CUDA device"),
        ({"devices": [{"kind": "cpu"}, {"kind": "simulated"}]}, "of no CUDA device"),
    ],
)
def test_a_report_of_something_else_does_not(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        table.reported(a_report(**changes))


def test_a_page_without_the_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="has not one line"):
        table.written("nothing", table.committed())


@pytest.mark.parametrize(
    "path",
    [
        ("ptx", "executed"), ("ptx", "counted"), ("ptx", "compiled", "NVRTC 12.9", "90"),
        ("host", "executed"), ("host", "sanitized", "address", "kernels"),
        ("host", "sanitized", "thread", "tests"),
    ],
)  # fmt: skip
def test_a_run_that_verified_less_is_noticed(path: tuple[str, ...]) -> None:
    stated = table.committed()["everyday"]
    run = copy.deepcopy(stated)
    assert table.lacking(run, stated) == []
    *folders, name = path
    entry = run
    for folder in folders:
        entry = entry[folder]
    entry[name] -= 1
    (less,) = table.lacking(run, stated)
    assert less.endswith(f": {entry[name]}, and {entry[name] + 1} are stated")


def test_a_bug_that_is_no_longer_caught_and_a_suite_that_did_not_run_are_noticed() -> None:
    stated = table.committed()["everyday"]
    run = copy.deepcopy(stated)
    run["host"]["planted"].pop()
    assert len(table.lacking(run, stated)) == 1
    del run["ptx"]
    assert len(table.lacking(run, stated)) == 1 + 8
    assert len(table.lacking({}, stated)) == len(table.figures(stated))


# The command


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a README and the counts, which the command takes for the real ones."""
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "verified.json").write_text(json.dumps({**table.committed(), "gpu": []}))
    monkeypatch.setattr(table, "VERIFIED", tmp_path / "verified.json")
    return tmp_path


def test_a_report_is_taken_in_once_for_each_device(files: Path) -> None:
    for passed in (3, 5):
        report = a_report()
        report["devices"][0]["checks"] *= passed
        (files / "report.json").write_text(json.dumps(report))
        words = ["--report", str(files / "report.json"), "--write", str(files / "README.md")]
        assert main(words) == 0
    page = (files / "README.md").read_text()
    assert page.count("5 checks passed") == page.count("on a GPU: ") == 1
    assert table.written(page, table.committed()) == page


def test_counts_are_taken_in_and_a_run_is_checked(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = {"everyday": table.committed()["everyday"]}["everyday"]
    path = files / "run.json"
    path.write_text(json.dumps(run))
    assert main(["--check", str(path)]) == 0
    run["host"]["executed"] += 1
    (files / "more.json").write_text(json.dumps(run))
    assert main(["--everyday", str(files / "more.json")]) == 0
    assert main(["--check", str(path)]) == 1
    assert "less was verified than verified.json states: kernels executed on the CPU" in (
        capsys.readouterr().out
    )


def test_what_is_no_report_is_said(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--report", str(files / "nothing.json")]) == 1
    (files / "report.json").write_text(json.dumps(a_report(schema=9)))
    assert main(["--report", str(files / "report.json")]) == 1
    assert "of schema 9" in capsys.readouterr().err
