"""The words of the command line for the list of runs: runs, name, pin, delete, restore, restart."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, State, all_runs, create_run, find_run
from knetengine.training.launch import launch, stop_now, wait_for
from knetengine.training.metrics import MetricsWriter, Plan, Report
from knetui.command_line.runs import delete_runs, list_runs, name_run, pin_run, restore_run
from knetui.command_line.training import restart_run

MODEL = """\
import time
from knetengine.training import run, script

def main(*, epochs: int = 3, lr: float = 0.1, seconds: float = 0.0):
    for epoch in run.epochs(epochs):
        time.sleep(seconds)
        run.report(epoch, trn=lr / epoch)

if __name__ == "__main__":
    script(main)
"""
Out = pytest.CaptureFixture[str]


def make(options: str = "", *, acc: float = 0.5, status: str = "finished") -> RunFolder:
    folder = create_run("model", MODEL, Path("/where/model.py"), options.split())
    writer = MetricsWriter(folder.metrics)
    writer.write(Plan(0.0, 10))
    for epoch in range(1, 4):
        writer.write(Report(epoch, epoch * 1.0, {"acc": acc * epoch}))
    writer.close()
    folder.write_state(State(status, host="elsewhere", started=1.0, ended=2.0))  # type: ignore[arg-type]
    return folder


def listed(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines()[1:]]


@pytest.fixture
def four() -> list[RunFolder]:
    return [make("--lr 0.3", acc=0.1), make("--lr 0.01", acc=0.3), make(acc=0.2), make("--lr 0.2")]


@pytest.mark.parametrize(
    ("filter", "sort", "numbers"),
    [
        ("", "", ["1", "2", "3", "4"]),  # the newest beside the prompt
        ("lr>=0.1 and acc>0.5", "", ["3", "4"]),
        ("", "-acc", ["4", "2", "3", "1"]),
        ("min.acc < 0.25", "-min.acc", ["3", "1"]),
        ("", "lr", ["2", "3", "4", "1"]),
    ],
)
def test_runs_are_filtered_and_sorted(
    four: list[RunFolder], capsys: Out, filter: str, sort: str, numbers: list[str]
) -> None:
    assert list_runs(filter, sort) == 0
    assert listed(capsys.readouterr().out) == numbers


def test_a_filter_that_is_none_is_pointed_at(four: list[RunFolder], capsys: Out) -> None:
    assert list_runs("lr > 1 and acd > 2") == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "knet-tui: no run has acd; did you mean acc?"
    assert lines[2].index("^") == lines[1].index("acd")
    assert list_runs("", "what") == 2
    assert "no run has what" in capsys.readouterr().err


def test_a_filter_that_nothing_fulfils(four: list[RunFolder], capsys: Out) -> None:
    assert list_runs("acc > 100") == 0
    assert capsys.readouterr().out == "none of 4 runs fulfils acc > 100\n"


def test_a_run_that_goes_on_says_what_is_left(capsys: Out) -> None:
    make(status="running")
    list_runs()
    head, line = capsys.readouterr().out.splitlines()
    assert line[head.index("left") :].startswith("00:00:0")
    assert list_runs("left < 1min") == 0
    assert listed(capsys.readouterr().out) == ["1"]


def test_names_and_pins_are_in_the_list(four: list[RunFolder], capsys: Out) -> None:
    assert name_run("2", ["the", "best\x1b[2J"]) == 0
    assert pin_run("1", off=False) == 0
    assert capsys.readouterr().out == "run 2 model: the best␛[2J\nrun 1 model: pinned\n"
    list_runs()
    out = capsys.readouterr().out
    assert listed(out) == ["2", "3", "4", "1*"]
    assert "the best␛[2J" in out
    assert name_run("2", []) == 0
    assert pin_run("1", off=True) == 0
    list_runs()
    assert listed(capsys.readouterr().out)[-4:] == ["1", "2", "3", "4"]


def test_runs_are_deleted_and_brought_back(four: list[RunFolder], capsys: Out) -> None:
    assert delete_runs(["1", "3"]) == 0
    assert "`knet-tui restore 3` brings it back" in capsys.readouterr().out
    assert [run.description.number for run in all_runs()] == [2, 4]
    assert restore_run("1") == 0
    assert restore_run("") == 0
    assert capsys.readouterr().out == "run 1 model is back\nrun 3 model is back\n"
    assert len(all_runs()) == 4
    assert restore_run("") == 2
    assert "the trash is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [lambda: name_run("9", ["x"]), lambda: pin_run("9", off=False), lambda: delete_runs("9")],
)
def test_what_is_not_there_is_said(
    four: list[RunFolder], capsys: Out, words: Callable[[], int]
) -> None:
    assert words() == 2
    assert "no run '9'; there are runs 1 to 4" in capsys.readouterr().err


def test_a_living_run_is_not_deleted(capsys: Out) -> None:
    make(status="running")
    assert delete_runs(["1"]) == 2
    assert "stop it before you delete it" in capsys.readouterr().err
    assert len(all_runs()) == 1


def test_a_run_is_started_again_with_other_options(
    tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.py"
    monkeypatch.chdir(tmp_path)
    wait_for(launch(path, MODEL, ["--lr", "0.5", "--epochs", "2"]), 30, ended=True)
    path.write_text("raise SystemExit('not this')")
    monkeypatch.chdir("/")
    assert restart_run("1", ["--epochs=4"], detach=False) == 0
    again = find_run("last").description
    assert again.options == ["--lr", "0.5", "--epochs", "4"]
    assert again.working_folder == str(tmp_path)
    assert "(:epoch,4,:trn,0.125)" in capsys.readouterr().out
    assert restart_run("1", ["--epohcs=4"], detach=True) == 2
    assert "Did you mean --epochs?" in capsys.readouterr().err


def test_a_run_that_waits_says_so(
    tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNET_RUNS", "1")
    first = launch(tmp_path / "model.py", MODEL, ["--seconds", "0.2", "--epochs", "10"])
    wait_for(first, 30)
    time.sleep(0.1)
    assert restart_run("1", ["--epochs=1"], detach=False) == 0
    assert "it waits until a run that trains has ended" in capsys.readouterr().err
    stop_now(first)
