"""compute-sanitizer: how it is called, and what is made of its answer; a script stands for it."""

import sys
from pathlib import Path

import pytest

from knetengine.selftest import CHECKS, Place, running, watched
from knetengine.selftest.comparing import MismatchError

SCRIPT = """#!{python}
import sys
with open({log!r}, "a") as log:
    print(*sys.argv[1:], sep="\\n", file=log)
print("========= ERROR SUMMARY: {errors} errors, in /home/somebody/kernels.cu")
sys.exit({status})
"""

MEMCHECK = next(each for each in CHECKS if each.name.startswith("memcheck"))


@pytest.fixture
def place() -> Place:
    return Place("cpu", cuda=object())  # what stands for a CUDA device


def put_on_the_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch, status: int, errors: int
) -> Path:
    log, command = folder / "log", folder / "compute-sanitizer"
    command.write_text(
        SCRIPT.format(python=sys.executable, log=str(log), status=status, errors=errors)
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return log


def test_each_tool_has_a_check() -> None:
    names = [each.name.partition(":")[0] for each in CHECKS if each.family == watched.FAMILY]
    assert names == ["memcheck", "racecheck", "initcheck", "synccheck"]


def test_a_clean_answer_passes(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = put_on_the_path(tmp_path, monkeypatch, 0, 0)
    assert running.make(MEMCHECK, place).status == "passed"
    words = log.read_text().splitlines()
    assert words[:4] == ["--tool", "memcheck", "--error-exitcode", "86"]
    assert words[4:] == [sys.executable, "-c", watched.PROGRAM, "cpu"]


def test_what_it_finds_is_a_failure_in_its_words(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_the_path(tmp_path, monkeypatch, watched.FOUND, 3)
    found = running.make(MEMCHECK, place)
    assert found.status == "failed"
    assert "found the exit status 86, expected 0" in found.message
    assert "ERROR SUMMARY: 3 errors, in kernels.cu" in found.message


def test_without_it_and_without_cuda_it_is_skipped(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    found = running.make(MEMCHECK, place)
    assert (found.status, found.message) == ("skipped", "compute-sanitizer is not on the PATH")
    found = running.make(MEMCHECK, Place("cpu"))
    assert (found.status, found.message) == ("skipped", "cpu is not a CUDA device")


def test_its_child_runs_a_choice_and_says_what_fails(
    simulated: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []

    def noting(check: object) -> object:
        def run(place: Place, comparison: object) -> None:
            seen.append(f"{check.family}: {check.name}")  # type: ignore[attr-defined]
            if check.name == "nll":  # type: ignore[attr-defined]
                raise MismatchError("found 1, expected 2")

        return check._replace(run=run)  # type: ignore[attr-defined]

    monkeypatch.setattr(watched, "CHECKS", [noting(each) for each in CHECKS])
    monkeypatch.setattr(sys, "argv", ["-c", simulated])
    assert watched.main() == 1
    assert capsys.readouterr().out == "layers, nll: found 1, expected 2\n"
    assert {name.partition(":")[0] for name in seen} == {
        *watched.FAMILIES, "elementwise", "layers",
    }  # fmt: skip
    assert set(watched.FAMILIES) < {each.family for each in CHECKS}
    assert {(each.family, each.name) for each in CHECKS} >= watched.CHOSEN
