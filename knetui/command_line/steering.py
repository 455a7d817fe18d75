"""What the words of the command line do that steer a run; each returns an exit status.

0: as asked. 1: the run refused it. 2: the words were wrong.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from knetengine.training.branching import branch
from knetengine.training.checkpoint_header import CheckpointError
from knetengine.training.folder import RunError, RunFolder, find_run
from knetengine.training.launch import wait_for
from knetengine.training.metrics import Event, MetricsReader
from knetengine.training.swapping import outcome, request_swap
from knetui.fence import fence
from knetui.runs.steering import AssignmentError, assignment, live_numbers, put_numbers, take_step

PATIENCE = 5.0  # seconds; a step may be longer, and heeds it later
LOOK_SECONDS = 0.02


def set_numbers(which: str, words: tuple[str, ...]) -> int:
    """Change numbers of a run; without words list those that can be changed."""
    try:
        folder = _living(which)
        numbers = dict(assignment(word) for word in words)
    except (RunError, AssignmentError) as error:
        return _complain(error)
    if not numbers:
        for name, value in live_numbers(folder).items():
            print(f"{name} = {value:.6g}")
        return 0
    reader = MetricsReader(folder.metrics)
    reader.read(1 << 30)
    put_numbers(folder, numbers)
    said: list[Event] = []

    def answered() -> bool:
        events = (record for record in reader.read() if isinstance(record, Event))
        said.extend(event for event in events if event.name in ("number", "number refused"))
        return len(said) >= len(numbers)

    _wait(answered)
    for event in said:
        refused = event.name == "number refused"
        print(fence(event.text), file=sys.stderr if refused else sys.stdout)
    if not said:
        print(f"run {folder.title} will have it after the step that it is in, if it is not so yet")
    return int(any(event.name == "number refused" for event in said))


def swap_code(which: str, file: Path | None) -> int:
    """Have a run go on with the model file as it is now, or with another."""
    try:
        folder = _living(which)
        path = file or folder.source_path
        number = request_swap(folder, path.read_text(encoding="utf-8"))
    except (RunError, OSError, UnicodeDecodeError) as error:
        return _complain(error)
    _wait(lambda: outcome(folder, number) is not None)
    found = outcome(folder, number)
    if found is None:
        print(f"run {folder.title} will try it in its next step (swap {number})")
        return 0
    name, words = found.event
    print(f"run {folder.title}: {name} {fence(words)}")
    return int(found.status == "rejected")


def step_run(which: str, count: int) -> int:
    """Have a run take so many steps and wait."""
    if count < 1:
        return _complain(f"{count} steps are none; ask for 1 or more")
    try:
        folder = _living(which)
    except RunError as error:
        return _complain(error)
    take_step(folder, count)
    print(f"run {folder.title} waits after {count} step{'s' * (count > 1)} more")
    return 0


def branch_run(
    which: str, checkpoint: str, words: tuple[str, ...], source: Path | None, *, paused: bool
) -> int:
    """Start a run from a checkpoint of another, with something changed."""
    try:
        numbers = dict(assignment(word) for word in words)
        text = source.read_text(encoding="utf-8") if source else None
        folder = branch(find_run(which), checkpoint, source=text, numbers=numbers, paused=paused)
        state = wait_for(folder, 30.0)
    except (RunError, AssignmentError, CheckpointError, OSError, UnicodeDecodeError) as error:
        return _complain(error)
    print(f"run {folder.title}: {state.status}, from run {folder.description.branched_from}")
    return 0


def _living(which: str) -> RunFolder:
    folder = find_run(which)
    state = folder.state()
    if state.has_ended:
        raise RunError(f"run {folder.title} has ended: {state.status}")
    return folder


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _complain(error: Exception | str) -> int:
    print(f"knet-tui: {fence(str(error))}", file=sys.stderr)
    return 2
