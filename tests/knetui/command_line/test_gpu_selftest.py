"""`knet-tui doctor --gpu-selftest`: lines, report, exit status."""

import json
from pathlib import Path
from typing import Any

import pytest

from knetengine import selftest
from knetengine.selftest import CHECKS, running
from knetui import cli
from knetui.command_line import gpu_selftest

FEW = [each for each in CHECKS if each.name in ("exp", "linear regression", "LeNet")]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few of the checks, for there are tests of all of them elsewhere."""

    def run(*arguments: Any, **options: Any) -> Any:
        return running.run(*arguments, **options, checks=FEW)

    monkeypatch.setattr(selftest, "run", run)


def answer(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["knet-tui", "doctor", *words])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    assert isinstance(exit_.value.code, int)
    return exit_.value.code


@pytest.mark.usefixtures("few")
def test_a_line_for_each_check_and_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.json"
    words = ("--gpu-selftest", "--device", "cpu", "--report", str(path))
    assert answer(monkeypatch, *words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("cpu: ")
    assert lines[1].startswith("passed   elementwise: exp (error ")
    assert lines[2].startswith("passed   models: linear regression (error ")
    assert lines[-1].startswith("cpu: 3 passed, 0 FAILED, in ")
    found = json.loads(path.read_text())
    assert found["finished"]
    assert [each["status"] for each in found["devices"][0]["checks"]] == ["passed"] * 3


def test_no_device_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "obstacle", lambda: "CuPy is not installed; pip install it")
    path = tmp_path / "report.json"
    assert answer(monkeypatch, "--gpu-selftest", "--report", str(path)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "no CUDA device: CuPy is not installed; pip install it" in said.err
    assert "--device cpu" in said.err
    assert json.loads(path.read_text())["obstacle"] == "CuPy is not installed; pip install it"


def test_a_device_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(monkeypatch, "--gpu-selftest", "--device", "cuda:77") == 2
    assert "no device 'cuda:77'; expected one of cpu" in capsys.readouterr().err


@pytest.mark.usefixtures("few")
def test_a_report_that_cannot_be_written_is_said_before_it_takes_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert gpu_selftest.run_selftest(["cpu"], tmp_path / "file" / "report.json") == 1
    said = capsys.readouterr()
    assert "the report cannot be written: " in said.err
    assert "LeNet" not in said.out


@pytest.mark.usefixtures("few")
def test_ctrl_c_leaves_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(place: Any, comparison: Any) -> None:
        raise KeyboardInterrupt

    checks = [FEW[0], FEW[1]._replace(run=interrupt), FEW[2]]
    monkeypatch.setattr(f"{__name__}.FEW", checks)
    path = tmp_path / "report.json"
    assert gpu_selftest.run_selftest(["cpu"], path) == 1
    said = capsys.readouterr()
    assert "interrupted" in said.err
    assert "1 passed, 0 FAILED, 2 not run" in said.out
    found = json.loads(path.read_text())
    assert not found["finished"]
    statuses = [each["status"] for each in found["devices"][0]["checks"]]
    assert statuses == ["passed", "not run", "not run"]


def test_its_options_go_with_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(monkeypatch, "--device", "cpu") == 2
    assert "go with --gpu-selftest" in capsys.readouterr().err
