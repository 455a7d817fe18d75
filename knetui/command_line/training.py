"""What the words of the command line do; each returns an exit status.

0: as asked. 1: the model failed. 2: the words were wrong. 3: the process of the run died.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from knetengine.training.control import request
from knetengine.training.folder import (
    ENDED,
    UNFINISHED,
    RunError,
    RunFolder,
    State,
    Status,
    all_runs,
    find_run,
    plain_name,
)
from knetengine.training.launch import launch, resume, stop, stop_now, wait_for
from knetengine.training.tail import LineTail
from knetui.fence import fence
from knetui.models import ModelNotFoundError, find_model
from knetui.runs.option_form import read_options
from knetui.runs.option_line import OptionLine

EXIT_STATUS: dict[Status, int] = {
    "finished": 0,
    "stopped": 0,
    "failed": 1,
    "rejected": 2,
    "died": 3,
}
SHOWN_AGAIN = 1000  # bytes of the log that a run which goes on begins with
FOLLOW_SECONDS = 0.02
REJECT_SECONDS = 30.0  # a wrong option is known once the model's imports are done


def train_model(model: str, options: list[str], *, detach: bool) -> int:
    """Start a run; follow its log to its end unless `detach`."""
    try:
        path = find_model(model)
        folder = launch(path, path.read_text(encoding="utf-8"), options)
    except UnicodeDecodeError as error:
        return _complain(f"{model} is not text in UTF-8: {error}")
    except (ModelNotFoundError, RunError, OSError) as error:
        return _complain(error)
    return _detach(folder) if detach else _follow(folder)


def restart_run(which: str, options: list[str], *, detach: bool) -> int:
    """Start a new run of a run's model, with its options but for those that are given."""
    try:
        old = find_run(which)
        source = old.source.read_text(encoding="utf-8")
        main = read_options(source)
        line = OptionLine(main, old.description.options)
        given = OptionLine(main, options)
        line.given |= given.given
        line.strays += given.strays
        where = old.description.working_folder
        folder = launch(old.source_path, source, line.words(), working_folder=where)
    except SyntaxError as error:
        return _complain(f"the source of run {which} is not Python: {error}")
    except (RunError, OSError, ValueError) as error:
        return _complain(error)
    return _detach(folder) if detach else _follow(folder)


def show_options_of_run(which: str) -> int:
    """Print the options of the main of a run's model."""
    try:
        return show_options(str(find_run(which).source))
    except RunError as error:
        return _complain(error)


def resume_training(model: str, options: list[str], *, detach: bool) -> int:
    """Go on with the newest run of a model that did not come to its end."""
    name = plain_name(Path(model).stem)
    waiting = [folder for folder in all_runs() if folder.description.name == name]
    waiting = [folder for folder in waiting if folder.state().status in UNFINISHED]
    if not waiting:
        return _complain(f"no run of {name} was stopped or has died (`knet-tui runs`)")
    folder = waiting[-1]
    had = folder.description.options
    if options and options != had:
        return _complain(
            f"run {folder.title} has the options {' '.join(had) or '(none)'}, and goes on with "
            "them: leave the options away, or start a new run without --resume"
        )
    try:
        resume(folder)
    except (RunError, OSError) as error:
        return _complain(error)
    if detach:
        return _detach(folder)
    wait_for(folder, REJECT_SECONDS)  # by then the log is cut
    return _follow(folder, tail=SHOWN_AGAIN)


def _detach(folder: RunFolder) -> int:
    """Say the run's number once it has begun, or why it did not."""
    state = wait_for(folder, REJECT_SECONDS)
    if state.status == "rejected":
        return _reject(folder, state)
    print(folder.description.number)
    return 0


def show_options(model: str) -> int:
    """Print the options of a model's main."""
    try:
        path = find_model(model)
    except ModelNotFoundError as error:
        return _complain(error)
    return subprocess.call(
        [sys.executable, "-P", "-m", "knetengine.training.source", str(path), "--help"]
    )


def pause_run(which: str) -> int:
    """Ask a run to wait after its step, and say when it does."""
    return _steer(which, "pause", "paused")


def resume_run(which: str, *, force: bool = False) -> int:
    """Have a run go on that is paused, was stopped, or has died; say when it does."""
    try:
        folder = find_run(which)
        if not folder.state().has_ended and not force:
            return _steer(which, "run", "running")
        resume(folder, force=force)
        state = wait_for(folder, REJECT_SECONDS)
    except (RunError, OSError) as error:
        return _complain(error)
    print(f"run {folder.title}: {state.status}")
    return EXIT_STATUS.get(state.status, 0)


def stop_run(which: str, *, now: bool) -> int:
    """End a run after its step, or at once."""
    try:
        folder = find_run(which)
        state = folder.state()
        if state.has_ended:
            print(f"run {folder.title} has already ended: {state.status}")
            return 0
        state = stop_now(folder) if now else stop(folder)
    except RunError as error:
        return _complain(error)
    if state.has_ended:
        print(f"run {folder.title}: {state.status}")
        return 0
    number = folder.description.number
    print(
        f"run {folder.title} will stop after the step that it is in; "
        f"`knet-tui stop {number} --now` interrupts that step"
    )
    return 0


def _steer(which: str, wanted: str, expected: Status) -> int:
    try:
        folder = find_run(which)
        state = folder.state()
        if state.has_ended:
            raise RunError(f"run {folder.title} has ended: {state.status}")
    except RunError as error:
        return _complain(error)
    request(folder.control, "pause" if wanted == "pause" else "run")
    deadline = time.monotonic() + 5
    while state.status not in (expected, *ENDED) and time.monotonic() < deadline:
        time.sleep(FOLLOW_SECONDS)
        state = folder.state()
    late = "" if state.status == expected else f" (asked for: {wanted}, after the step it is in)"
    print(f"run {folder.title}: {state.status}{late}")
    return 0


def _follow(folder: RunFolder, tail: int | None = None) -> int:
    """Copy the log to this terminal until the run ends; Ctrl-C asks it to stop.

    tail: of what is there already, only so many bytes.
    """
    log = LineTail(folder.log)
    if tail is not None:
        log.skip_to_end(tail)
    print(f"run {folder.title}: {folder.path}", file=sys.stderr)
    asked = waits = False
    while True:
        try:
            state = folder.state()
            ended = state.has_ended  # looked up first: nothing is logged after the end
            if state.status == "waiting" and not waits:
                waits = True
                print("it waits until a run that trains has ended", file=sys.stderr)
            _print_lines(log)
            if ended:
                _print_rest(log)
                break
            time.sleep(FOLLOW_SECONDS)
        except BrokenPipeError:  # whoever read this has seen enough; the run goes on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except KeyboardInterrupt:
            if asked:
                stop_now(folder)
                continue
            asked = True
            request(folder.control, "stop")
            print("stopping after this step; Ctrl-C again interrupts it", file=sys.stderr)
    state = folder.state()
    if state.status == "rejected":
        return _reject(folder, state)
    if state.status != "finished":
        print(f"run {folder.title}: {state.status}", file=sys.stderr)
    return EXIT_STATUS[state.status]


def _print_lines(log: LineTail) -> None:
    while lines := log.read():
        text = b"\n".join(lines).decode("utf-8", errors="replace")
        sys.stdout.write(fence(text) + "\n")
        sys.stdout.flush()


def _print_rest(log: LineTail) -> None:
    if rest := log.rest():
        print(fence(rest.decode("utf-8", errors="replace")), flush=True)


def _reject(folder: RunFolder, state: State) -> int:
    """Say why a run never began; no folder is kept for a mistyped option."""
    assert state.failure is not None
    print(f"knet-tui train: {fence(state.failure.message)}", file=sys.stderr)
    folder.remove()
    return 2


def _complain(error: Exception | str) -> int:
    print(f"knet-tui: {error}", file=sys.stderr)
    return 2
