"""Start runs, and end those that do not listen."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from knetengine.training.control import request
from knetengine.training.folder import RunError, RunFolder, State, create_run

WORKBENCH_NICENESS = 10  # halves the worst key-to-screen delay, costs an idle machine nothing


def launch(
    source_path: Path,
    source: str,
    options: list[str],
    niceness: int = 0,
    working_folder: str = "",
) -> RunFolder:
    """Start the model `source` as a run of its own process and session, and return its folder.

    Neither the end of this process nor of its terminal ends the run. Raises RunError when no
    process could be started.
    working_folder: that of this process if it is not given.
    """
    folder = create_run(
        source_path.stem,
        source,
        source_path.resolve(),
        options,
        niceness,
        working_folder=working_folder,
    )
    start(folder)
    return folder


def resume(folder: RunFolder, *, force: bool = False) -> None:
    """Have a run whose process is gone, or that was stopped, go on from its newest checkpoint.

    Its source and options are those it had.
    force: believe that the process is gone, though it was another machine's.
    Raises RunError if it has not ended, or is complete.
    """
    state = folder.state()
    elsewhere = state.host != socket.gethostname()
    if not state.has_ended and not (force and elsewhere):
        where = f" on {state.host}; --force if that process is gone" if elsewhere else ""
        raise RunError(f"run {folder.title} has not ended: it is {state.status}{where}")
    if state.status in ("finished", "rejected"):
        raise RunError(f"run {folder.title} is {state.status}: there is nothing left to do")
    request(folder.control, "run")
    folder.write_state(State("starting", host=socket.gethostname(), started=time.time()))
    start(folder, "--resume")


def start(folder: RunFolder, *words: str) -> None:
    """Start the process of a run; `--resume` is a word that it knows. Raises RunError."""
    starter = subprocess.run(
        [sys.executable, "-P", "-m", "knetengine.training", str(folder.path), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        check=False,
    )
    if starter.returncode:
        said = starter.stderr.decode(errors="replace").strip()
        raise RunError(f"the process of run {folder.title} did not start: {said}")


def wait_for(folder: RunFolder, seconds: float, *, ended: bool = False) -> State:
    """The state once the run has begun (or has ended), or after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        state = folder.state()
        if state.has_ended or (state.status != "starting" and not ended):
            return state
        if time.monotonic() >= deadline:
            return state
        time.sleep(0.02)


def stop(folder: RunFolder, patience: float = 5.0) -> State:
    """Ask the run to stop after its step; return its state then, or after `patience` seconds."""
    request(folder.control, "stop")
    return wait_for(folder, patience, ended=True)


def stop_now(folder: RunFolder, patience: float = 2.0) -> State:
    """Interrupt the run in the middle of a step; kill it when it does not listen.

    First SIGINT, so that the model's own `finally` runs, then SIGTERM, then SIGKILL to the whole
    process group, `patience` seconds apart.
    """
    request(folder.control, "stop")
    for word in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        state = folder.state()
        if state.has_ended:
            return state
        if is_process_of(state, folder):
            with contextlib.suppress(ProcessLookupError):  # it has ended since
                os.killpg(state.process, word)
        state = wait_for(folder, patience, ended=True)
        if state.has_ended:
            return state
    return folder.state()


def is_process_of(state: State, folder: RunFolder) -> bool:
    """Whether the process number still belongs to the run, not to a stranger who got it since.

    Never signal the number in a state file without asking this: the file may be old, damaged, or
    another machine's, and the group of process 1 is every process there is.
    """
    try:
        command = psutil.Process(state.process).cmdline()
        leads_its_group = os.getpgid(state.process) == state.process
    except (psutil.Error, ProcessLookupError):
        return False
    return leads_its_group and str(folder.path) in command
