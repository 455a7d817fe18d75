"""What the doctor says of this installation."""

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import knetengine
from knetengine.autograd import compiled
from knetengine.autograd.coverage import headline, rows
from knetengine.training.folder import create_run
from knetui.command_line.doctor import examine, show_coverage


def test_every_line_is_as_it_is_here(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create_run("model", "", Path("/where/model.py"), [])
    assert examine() == 0
    lines = capsys.readouterr().out.splitlines()
    found = {line[:13].strip(): line[13:] for line in lines if line[:13].strip()}
    assert found["knet-tui"] == knetengine.__version__
    assert found["python"] == f"{platform.python_version()} ({sys.executable})"
    for library in ("textual", "numpy", "pillow", "safetensors", "msgspec", "prompt_toolkit"):
        assert f"{library} {version(library)}" in found["libraries"]
    expected = "compiled core" if compiled.AVAILABLE else "pure Python"
    assert found["engine"].startswith(expected)
    assert re.fullmatch(r"compiled by Numba \S+ on first use, kept in \S+", found["kernels"])
    assert re.fullmatch(r"cpu: \d+ x \S+, [\d.]+ GiB of [\d.]+ GiB free", lines[6][13:])
    assert found["terminal"].startswith("none (output goes to a file or pipe), TERM=")
    assert found["kept in"] == f"{home} (writable)"
    assert found["runs"] == "1"
    assert "housing" in found["examples"]


def test_looking_makes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine() == 0
    assert not home.exists()
    assert f"{home} (writable)" in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_may_not_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o555)
    monkeypatch.setenv("KNET_HOME", str(tmp_path / "knet"))
    assert examine() == 0
    tmp_path.chmod(0o755)
    assert f"{tmp_path / 'knet'} (NOT WRITABLE)" in capsys.readouterr().out


def test_a_home_that_cannot_be_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KNET_HOME", str(tmp_path / "file" / "knet"))
    assert examine() == 0
    assert "(NOT WRITABLE)" in capsys.readouterr().out


def test_the_command_answers_without_a_terminal_or_its_variables() -> None:
    variables = {k: v for k, v in os.environ.items() if k not in ("TERM", "COLORTERM")}
    done = subprocess.run(
        [sys.executable, "-m", "knetui", "doctor"],
        capture_output=True,
        text=True,
        check=False,
        env=variables,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "24-bit colour: not announced" in done.stdout


def test_coverage_counts_and_lists_what_a_gradient_passes_through(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert show_coverage() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == headline(rows())
    assert max(map(len, lines[1:])) <= 92
    blocks = " ".join(lines[1:]).split("differentiable (")
    assert "linalg.inv" in blocks[1].split()
    assert "argmax" in blocks[2].split()


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("np.sort", "np.sort: differentiable (composition)\n"),
        ("linalg.inv", "np.linalg.inv: differentiable (rule)\n"),
        ("numpy.concat", "np.concatenate: differentiable (composition)\n"),
        ("argmax", "np.argmax: not differentiable\n"),
    ],
)
def test_coverage_of_one_function(
    name: str, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_coverage(name) == 0
    assert capsys.readouterr().out == answer


def test_coverage_of_a_refused_function_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_coverage("gcd") == 0
    assert capsys.readouterr().out.startswith("np.gcd: refused; it works on integers")


def test_coverage_of_no_function_of_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_coverage("nosuch") == 2
    assert "NumPy has no function nosuch" in capsys.readouterr().err
