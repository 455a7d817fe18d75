"""A long run outlives every end of its workbench, and can be steered from the next one."""

import os
import signal
import termios
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from knetengine.training.folder import RunFolder, all_runs
from knetengine.training.launch import WORKBENCH_NICENESS, launch, wait_for
from knetengine.training.summary import last_report
from knetui.models import find_model

Open = Callable[..., Any]
LONG = ["--epochs", "100000000"]


@pytest.fixture
def long_run(home: Any) -> RunFolder:
    """A run that was started from elsewhere and will not end by itself."""
    path = find_model("housing")
    folder = launch(path, path.read_text(), LONG, WORKBENCH_NICENESS)
    wait_for(folder, 20)
    return folder


def goes_on(run: RunFolder) -> bool:
    """Whether the run is alive and gets further."""
    before = last_report(run)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        now = last_report(run)
        if now is not None and (before is None or now.epoch > before.epoch):
            return run.state().status == "running"
        time.sleep(0.02)
    return False


def test_a_run_survives_a_kill_and_is_steered_from_the_next_workbench(open_workbench: Open) -> None:
    first = open_workbench()
    first.set_options(" ".join(LONG))
    first.press("F5")
    first.wait_for_status("run 1 > running", "epoch", "/100,000,000", "ETA")
    family = psutil.Process(first.process.pid).children(recursive=True)
    assert family  # the evaluator
    first.kill()
    _, alive = psutil.wait_procs(family, 10)
    assert not alive
    assert goes_on(all_runs()[0])
    second = open_workbench()
    second.wait_for_status("run 1 > running")
    second.wait_for("● 1 ")
    second.press("F6")
    second.wait_for_status("run 1 > paused")
    second.press("F6")
    second.wait_for_status("run 1 > running")
    second.press("F8")
    second.wait_for_status("run 1 > stopped")


@pytest.mark.parametrize("word", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_leaves_a_clean_terminal(
    open_workbench: Open, long_run: RunFolder, word: signal.Signals
) -> None:
    terminal = open_workbench()
    terminal.wait_for_status("run 1 > running")
    assert termios.tcgetattr(terminal.slave) != terminal.settings  # raw
    os.kill(terminal.process.pid, word)
    assert terminal.ended(10) == 0
    assert_clean(terminal)
    assert goes_on(long_run)


def assert_clean(terminal: Any) -> None:
    """See that a shell could go on in this terminal."""
    assert termios.tcgetattr(terminal.slave) == terminal.settings
    switched_on = {  # and what switches it off again
        b"\x1b[?1049h": b"\x1b[?1049l",  # alternate screen
        b"\x1b[?25l": b"\x1b[?25h",  # hidden cursor
        b"\x1b[?2004h": b"\x1b[?2004l",  # bracketed paste
        b"\x1b[?1000h": b"\x1b[?1000l",  # mouse
        b"\x1b[?1003h": b"\x1b[?1003l",
        b"\x1b[?1006h": b"\x1b[?1006l",
        b"\x1b[?1004h": b"\x1b[?1004l",  # focus reports
    }
    for on, off in switched_on.items():
        assert terminal.received.rfind(off) >= terminal.received.rfind(on), (on, off)
    assert b"Traceback" not in terminal.received


def test_a_dead_connection_ends_the_workbench_and_nothing_else(
    open_workbench: Open, long_run: RunFolder
) -> None:
    terminal = open_workbench()
    terminal.wait_for_status("run 1 > running")
    family = psutil.Process(terminal.process.pid).children(recursive=True)
    assert family  # the evaluator
    freeze(terminal)
    terminal.hang_up()
    terminal.process.wait(5)
    _, alive = psutil.wait_procs(family, 5)
    assert not alive
    assert goes_on(long_run)


def freeze(terminal: Any) -> None:
    """Read nothing any more, as a frozen line does, until the workbench waits to be read."""
    process = psutil.Process(terminal.process.pid)
    for _ in range(6):
        used = process.cpu_times().user
        for _ in range(25):
            terminal.type("\x1b[20~")  # F9 draws everything anew
            time.sleep(0.02)
        if process.cpu_times().user == used:
            break
