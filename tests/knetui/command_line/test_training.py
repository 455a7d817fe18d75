"""What the commands do, through real processes: runs that follow, detach, fail and are steered."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, State, all_runs, create_run, find_run

PATIENCE = 20.0
MODEL = '''"""A model that counts."""
import time
from knetengine.training import run, script

def main(*, epochs: int = 3, seconds: float = 0.0):
    for epoch in run.epochs(epochs):
        time.sleep(seconds)
        {body}
        run.report(epoch, trn=1 / epoch)

script(main)
'''
LONG = ("--epochs", "100000", "--seconds", "0.01")


def start(*arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
    """`knet-tui ARGUMENTS`, still running."""
    return subprocess.Popen(
        [sys.executable, "-m", "knetui", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **variables},
    )


def knet(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`knet-tui ARGUMENTS`, to its end."""
    process = start(*arguments, **variables)
    out, err = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.02)


def epochs_logged(folder: RunFolder) -> int:
    return folder.log.read_text().count("(:epoch,")


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., Path]:
    """Writes a model whose epochs do `body`."""

    def write(body: str = "pass", name: str = "counting.py") -> Path:
        path = tmp_path / name
        path.write_text(MODEL.replace("{body}", body), encoding="utf-8")
        return path

    return write


@pytest.fixture
def detached(model: Callable[..., Path]) -> RunFolder:
    """A run that goes on until it is stopped, past its second epoch."""
    done = knet("train", model(), *LONG, "--detach")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    folder = find_run("1")
    wait_until(lambda: epochs_logged(folder) >= 2, "two epochs")
    return folder


def test_training_prints_the_models_lines_and_nothing_else(model: Callable[..., Path]) -> None:
    done = knet("train", model(), "--epochs", "2")
    assert done.returncode == 0
    assert done.stdout == (
        "A model that counts.\nopts=(:epochs,2)(:seconds,0.0)\n"
        "(:epoch,1,:trn,1.0)\n(:epoch,2,:trn,0.5)\n"
    )
    assert done.stderr == f"run 1 counting: {find_run('last').path}\n"


def test_a_detached_run_is_paused_resumed_and_stopped(detached: RunFolder) -> None:
    assert detached.state().status == "running"

    done = knet("pause")
    assert (done.returncode, done.stdout) == (0, "run 1 counting: paused\n")
    before = epochs_logged(detached)
    time.sleep(0.2)
    assert epochs_logged(detached) == before

    done = knet("resume", "1")
    assert (done.returncode, done.stdout) == (0, "run 1 counting: running\n")
    wait_until(lambda: epochs_logged(detached) > before, "another epoch")

    done = knet("stop", detached.path)
    assert (done.returncode, done.stdout) == (0, "run 1 counting: stopped\n")
    done = knet("stop")
    assert (done.returncode, done.stdout) == (0, "run 1 counting has already ended: stopped\n")
    done = knet("pause")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "knet-tui: run 1 counting has ended: stopped\n"


def test_a_long_step_is_interrupted_now(model: Callable[..., Path]) -> None:
    knet("train", model("time.sleep(1000)"), "--detach")
    done = knet("stop", "--now")
    assert (done.returncode, done.stdout) == (0, "run 1 counting: stopped\n")


@pytest.mark.parametrize("word", ["pause", "stop", "attach"])
def test_no_run_is_said(word: str) -> None:
    done = knet(word, "7")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "knet-tui: there are no runs yet; `knet-tui train housing` starts one\n"


def test_runs_are_listed_with_their_last_figures(model: Callable[..., Path]) -> None:
    assert knet("runs").stdout == "no runs yet; `knet-tui train housing` starts one\n"
    knet("train", model(), "--epochs", "4")
    knet("train", model("raise ValueError"))
    done = knet("runs")
    assert (done.returncode, done.stderr) == (0, "")
    head, first, second = done.stdout.splitlines()
    assert head.split() == ["run", "model", "status", "epoch", "trn", "took", "options"]
    assert re.fullmatch(r"1 +counting +finished +4 +0\.25 +\d\.\d s +--epochs 4", first)
    assert re.fullmatch(r"2 +counting +failed +\d\.\d s", second)
    assert first.index("finished") == second.index("failed") == head.index("status")


def test_a_damaged_run_does_not_hide_the_others() -> None:
    damaged, sound = (create_run("model", "", Path("/where/model.py"), []) for _ in range(2))
    sound.write_state(State("finished"))
    (damaged.path / "run.json").write_bytes(b"")
    done = knet("runs")
    damaged.remove()
    assert done.returncode == 0
    assert re.search("^2 +model +finished", done.stdout, re.MULTILINE)
    assert "Traceback" not in done.stderr


def test_the_list_is_kept_in_order_by_words(model: Callable[..., Path]) -> None:
    knet("train", model(), "--epochs", "4")
    done = knet("restart", "1", "--epochs", "2")
    assert done.returncode == 0
    assert "(:epoch,2,:trn,0.5)" in done.stdout
    for words in (["name", "2", "the", "short", "one"], ["pin", "2"], ["pin", "2", "--off"]):
        assert knet(*words).returncode == 0
    head, line = knet("runs", "--filter", "epochs<3 and trn>=0.5").stdout.splitlines()
    assert head.split()[:3] == ["run", "name", "model"]
    assert line.startswith("2    the short one")
    rows = knet("runs", "--sort=-epochs").stdout.splitlines()
    assert [row[0] for row in rows[1:]] == ["1", "2"]
    assert knet("delete", "1", "2").returncode == 0
    assert knet("restore", "1").stdout == "run 1 counting is back\n"
    assert [folder.description.number for folder in all_runs()] == [1]
    assert "--seconds" in knet("restart", "1", "--help").stdout
    wrong = knet("runs", "--filter", "lr >")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "something is missing at the end" in wrong.stderr


def test_a_model_that_fails_has_status_1(model: Callable[..., Path]) -> None:
    done = knet("train", model("1 / 0"))
    assert done.returncode == 1
    assert 'counting.py", line 8, in main' in done.stdout
    assert done.stdout.endswith("ZeroDivisionError: division by zero\n")
    assert done.stderr.splitlines()[-1] == "run 1 counting: failed"
    assert find_run("1").state().status == "failed"


def test_a_model_that_is_killed_has_status_3(model: Callable[..., Path]) -> None:
    done = knet("train", model("import os; os.kill(os.getpid(), 9)"))
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "run 1 counting: died"


DETACH = ["--detach"]


@pytest.mark.parametrize("detach", [[], DETACH])
def test_a_rejected_option_leaves_no_folder(model: Callable[..., Path], detach: list[str]) -> None:
    path = model()
    path.write_text(
        "import time\ntime.sleep(0.3)  # for those who do not wait\n" + path.read_text()
    )
    done = knet("train", path, "--epohcs", "3", *detach)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("knet-tui train: counting: Unknown option")
    assert "Did you mean --epochs?" in done.stderr
    assert all_runs() == []


def test_an_unknown_example_says_what_was_meant(home: Path) -> None:
    done = knet("train", "huosing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "knet-tui: huosing is neither a file nor an example. Did you mean"
    )
    assert not home.exists()


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path, model: Callable[..., Path]) -> None:
    (tmp_path / "file").write_text("")
    home = str(tmp_path / "file" / "knet")
    done = knet("train", model(), KNET_HOME=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert home in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.py"
    path.write_bytes(b"# caf\xe9\ndef main(): pass\n")
    done = knet("train", path)
    assert done.returncode == 2
    assert "latin.py" in done.stderr


def test_a_name_that_is_not_utf8_is_no_traceback(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.py"
    Path(os.fsdecode(path)).write_text("def main(): pass\n")
    done = knet("train", os.fsdecode(path))
    assert "Traceback" not in done.stderr


def test_ctrl_c_stops_the_run_that_is_followed(model: Callable[..., Path]) -> None:
    follower = start("train", model(), *LONG)
    wait_until(lambda: all_runs() and epochs_logged(all_runs()[0]) >= 2, "two epochs")
    time.sleep(0.1)
    follower.send_signal(signal.SIGINT)
    out, err = follower.communicate(timeout=PATIENCE)
    folder = find_run("1")
    assert folder.state().status == "stopped"
    assert follower.returncode == 0
    assert out == folder.log.read_text()  # to the last line
    assert err.splitlines()[1:] == [
        "stopping after this step; Ctrl-C again interrupts it",
        "run 1 counting: stopped",
    ]


def test_a_second_ctrl_c_interrupts_the_step(model: Callable[..., Path]) -> None:
    follower = start("train", model("time.sleep(1000)"))
    wait_until(lambda: all_runs() and all_runs()[0].state().status == "running", "a run")
    wait_until(lambda: "opts=" in all_runs()[0].log.read_text(), "its first line")
    time.sleep(0.2)
    follower.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert follower.poll() is None
    follower.send_signal(signal.SIGINT)
    out, _ = follower.communicate(timeout=PATIENCE)
    assert "interrupted at line 8" in out
    assert find_run("1").state().status == "stopped"
    assert follower.returncode == 0


def test_what_a_model_prints_cannot_steer_the_terminal(model: Callable[..., Path]) -> None:
    body = r"print('\x1b]52;c;aGk=\x07\x1b[2J[/x][red]\u202egpj.exe\x9b2J')"
    done = knet("train", model(body), "--epochs", "1")
    assert done.returncode == 0
    assert "␛]52;c;aGk=␇␛[2J[/x][red]\\u202egpj.exe\\x9b2J\n" in done.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)


def test_text_that_is_no_utf8_is_shown_too(model: Callable[..., Path]) -> None:
    done = knet("train", model(r"import os; os.write(1, b'caf\xe9 [/x]\n')"), "--epochs", "1")
    assert done.returncode == 0
    assert "caf\ufffd [/x]\n" in done.stdout


def test_options_cannot_steer_the_terminal_either() -> None:
    folder = create_run("model", "", Path("/where/model.py"), ["\x1b[2J[/x]"])
    folder.write_state(State("finished"))
    done = knet("runs")
    assert "␛[2J[/x]" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_last_line_is_printed_without_a_line_feed_too(model: Callable[..., Path]) -> None:
    path = model()
    path.write_text("def main(): print('one\\ntwo', end='', flush=True)\n")
    done = knet("train", path)
    assert done.stdout.splitlines()[-2:] == ["one", "two"]


def test_a_reader_that_has_seen_enough_is_no_fault(model: Callable[..., Path]) -> None:
    follower = start("train", model(), *LONG)
    assert follower.stdout is not None
    assert follower.stderr is not None
    follower.stdout.readline()
    follower.stdout.close()  # as `knet-tui train counting.py | head -1` does
    follower.wait(PATIENCE)
    err = follower.stderr.read()
    follower.stderr.close()
    assert "Traceback" not in err


def test_a_terminal_of_ascii_shows_what_it_can(model: Callable[..., Path]) -> None:
    path = model(r"print('\x1b[2J caf\xe9')")
    done = knet("train", path, "--epochs", "1", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "(:epoch,1,:trn,1.0)" in done.stdout
