"""What the workbench costs: a line that is looked at, a long log, the training beside it.

    python -m benchmarks.workbench [--seconds 8] [--rounds 12] [--lines 1000000]

rest      bytes a second to the terminal while LeNet trains and nobody presses a key; an SSH line
          carries them
log       seconds until a log of so many lines is on the screen, and the workbench's memory then
training  LeNet's steps a second beside the open workbench, to those of the same run beside one that
          is stopped, before and after; in turns

Needs the `bench` extra.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.terminal import Terminal, end_runs
from knetengine.training.metrics import Gradients, MetricsReader

SIZE = (120, 40)
TRAIN = b"\x1b[15~"  # F5
OPTIONS = ["--epochs", "100000"]
SETTLE_SECONDS = 6.0  # kernels are loaded, the first epochs are over
SWITCH_SECONDS = 1.5  # what came while it was stopped is drawn


@contextmanager
def home() -> Iterator[Path]:
    """A home of its own; runs in it are ended."""
    folder = Path(tempfile.mkdtemp())
    os.environ["KNET_HOME"] = str(folder)
    try:
        yield folder
    finally:
        end_runs(folder)
        shutil.rmtree(folder, ignore_errors=True)


def open_workbench(folder: Path, model: str, **session: object) -> Terminal:
    """The workbench, when its first frame has come."""
    (folder / "session-1.json").write_text(json.dumps(session))
    from knetui.models import examples_folder

    terminal = Terminal(*SIZE, folder, str(examples_folder() / f"{model}.py"))
    if terminal.wait(20, lambda: terminal.shows("Train")) is None:
        raise SystemExit(f"the workbench did not show:\n{terminal.text}")
    return terminal


def steps_a_second(metrics: MetricsReader, seconds: float) -> float:
    """Of the run whose figures these are, by its own clock, within the next so many seconds."""
    metrics.read(1 << 30)
    time.sleep(seconds)
    told = [record for record in metrics.read(1 << 30) if isinstance(record, Gradients)]
    return (told[-1].step - told[0].step) / (told[-1].time - told[0].time)


def rest(seconds: float) -> float:
    """Bytes a second to the terminal while LeNet trains."""
    with home() as folder:
        terminal = open_workbench(folder, "lenet", options=" ".join(OPTIONS))
        terminal.write(TRAIN)
        terminal.wait(SETTLE_SECONDS)
        before, began = terminal.received, time.perf_counter()
        while time.perf_counter() - began < seconds:
            terminal.wait(0.1)
        rate = (terminal.received - before) / (time.perf_counter() - began)
        terminal.close()
        return rate


def long_log(lines: int) -> tuple[float, float]:
    """Seconds until the end of a log of so many lines is seen, and MiB of the workbench."""
    from knetengine.training.folder import State, create_run

    with home() as folder:
        run = create_run("talk", "pass\n", folder / "talk.py", [])
        with run.log.open("w") as log:
            log.writelines(f"line {number} of a log that is long\n" for number in range(lines))
        run.write_state(State("finished", 0, "", 0.0, 1.0))
        began = time.perf_counter()
        names = [run.path.name]
        terminal = open_workbench(folder, "housing", shown_runs=names, selected_run=names[0])
        last = f"line {lines - 1} of"
        if not terminal.shows(last):
            terminal.wait(60, lambda: terminal.shows(last))
        seconds = time.perf_counter() - began
        if not terminal.shows(last):
            raise SystemExit(f"the end of the log was not seen:\n{terminal.text}")
        memory = psutil.Process(terminal.process).memory_info().rss / 2**20
        terminal.close()
        return seconds, memory


def training(rounds: int, seconds: float) -> Iterator[tuple[float, float]]:
    """LeNet's steps a second beside the open workbench, and beside one that is stopped, in turns.

    Of one run, for two of the same program, one after the other, differed by as much as the machine
    did in the meantime: by a third. A stopped process (SIGSTOP) takes no time at all, and in turns
    of a few seconds the machine hardly changes. Alone is the mean of before and after.
    """
    from knetengine.training.launch import WORKBENCH_NICENESS, launch
    from knetui.models import examples_folder

    with home() as folder:
        path = examples_folder() / "lenet.py"
        run = launch(path, path.read_text(), OPTIONS, WORKBENCH_NICENESS)
        names = [run.path.name]
        terminal = open_workbench(folder, "lenet", shown_runs=names, selected_run=names[0])
        terminal.wait(SETTLE_SECONDS)
        metrics = MetricsReader(run.metrics)
        with terminal.only_read():

            def stretch(signal_first: signal.Signals) -> float:
                os.kill(terminal.process, signal_first)
                time.sleep(SWITCH_SECONDS)
                return steps_a_second(metrics, seconds)

            before = stretch(signal.SIGSTOP)
            for _ in range(rounds):
                beside = stretch(signal.SIGCONT)
                after = stretch(signal.SIGSTOP)
                yield beside, (before + after) / 2
                before = after
            os.kill(terminal.process, signal.SIGCONT)
        terminal.close()


def main() -> None:
    """Print a line for each of the three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--lines", type=int, default=1_000_000)
    arguments = parser.parse_args()
    print(f"rest      {rest(arguments.seconds) / 1024:.1f} KiB/s")
    seconds, memory = long_log(arguments.lines)
    print(f"log       {arguments.lines:,} lines in {seconds:.2f} s, {memory:.0f} MiB")
    ratios: list[float] = []
    for beside, alone in training(arguments.rounds, arguments.seconds):
        ratios.append(beside / alone)
        print(f"training  {beside:.1f} steps/s to {alone:.1f}: {ratios[-1]:.3f}")
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    print(f"training  median {statistics.median(ratios):.3f} ({spread})")


if __name__ == "__main__":
    main()
