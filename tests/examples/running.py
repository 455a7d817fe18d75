"""The examples as users run them."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import psutil
import pytest

from knetengine.training.folder import RunFolder
from knetengine.training.launch import launch, resume, wait_for
from knetengine.training.run_checkpoints import checkpoints

EXAMPLES = Path(__file__).parents[2] / "examples"
LINE = re.compile(r"\(:epoch,(\d+),(.*)\)")

COMPILATION_NOTE = "compiling kernels for this machine, once ...\n"
PATIENCE = 120.0

Figures = dict[str, float]


def as_script(name: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What `python examples/NAME.py OPTIONS` prints, but for the note of the first compilation.

    That note comes once on a machine: whichever example first needs a kernel writes it.
    """
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    done.stderr = done.stderr.replace(COMPILATION_NOTE, "")
    return done


def figures(output: str) -> dict[int, Figures]:
    """The printed figures, by epoch."""
    found: dict[int, Figures] = {}
    for epoch, rest in LINE.findall(output):
        words = rest.split(",")
        names = [name.removeprefix(":") for name in words[::2]]
        found[int(epoch)] = dict(zip(names, map(float, words[1::2]), strict=True))
    return found


def ran(name: str, *options: str, **variables: str) -> dict[int, Figures]:
    """The figures of an example that came to its end."""
    done = as_script(name, *options, **variables)
    assert done.returncode == 0, done.stderr
    return figures(done.stdout)


def folder_of_full_data(file: str) -> str:
    """KNET_DATA_DIR, if it is set and has the file; else the test is skipped."""
    folder = os.environ.get("KNET_DATA_DIR", "")
    if not folder or not Path(folder, file).exists():
        pytest.skip(f"KNET_DATA_DIR does not name a folder with {file}")
    return folder


def whole_and_killed(name: str, *options: str) -> tuple[RunFolder, RunFolder]:
    """A run of an example, and one that was killed at its first checkpoint and went on.

    On the plain twins, with few kernels to wait for. The note that those are compiled comes once on
    a machine, and would be in one log only: a run with it is run again.
    """
    path = EXAMPLES / f"{name}.py"
    with patch.dict(os.environ, KNET_REFERENCE="1"):
        for _ in range(2):
            whole = launch(path, path.read_text(), list(options))
            wait_for(whole, PATIENCE, ended=True)  # beside another, a run has fewer threads
            if COMPILATION_NOTE not in whole.log.read_text():
                break
        killed = launch(path, path.read_text(), list(options))
        deadline = time.monotonic() + PATIENCE
        while not checkpoints(killed):
            assert time.monotonic() < deadline, killed.log.read_text()
            assert not killed.state().has_ended, killed.log.read_text()
            time.sleep(0.01)
        process = psutil.Process(killed.written_state().process)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
        assert killed.state().status == "died"
        resume(killed)
    for folder in (whole, killed):
        assert wait_for(folder, PATIENCE, ended=True).status == "finished", folder.log.read_text()
    return whole, killed


def same_bytes(whole: RunFolder, killed: RunFolder) -> bool:
    """Whether the logs and the last checkpoints of two runs are the same."""
    last = checkpoints(whole)[-1]
    return (
        whole.log.read_bytes() == killed.log.read_bytes()
        and (whole.checkpoints / last).read_bytes() == (killed.checkpoints / last).read_bytes()
    )
