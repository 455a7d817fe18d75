"""How long a key takes to show on the screen while a model trains, and the first frame.

    python -m benchmarks.latency [--keys 120] [--repeats 3] [--columns 120] [--rows 40]
                                 [--idle | --busy] [--points 100000]

A real pseudo-terminal runs `knet-tui`; pyte models its screen. One key at a time is written, and
the clock stops when the model's screen holds the text typed so far. The housing model trains, about
10,000 reports a second; with --busy LeNet does, on all cores, and prints 100 lines a second. With
--points, five curves of so many points are drawn beside those of the run. Needs the `bench` extra.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.terminal import Terminal, end_runs

GAP_SECONDS = (0.08, 0.2)  # between two keys, as a brisk typist leaves
OPTIONS = b"\x1bOR"  # F3
TRAIN = b"\x1b[15~"  # F5
LETTERS = "abcdefghijkmnopqrstuvwxyz"
TALK = """

import threading
import time


def talk():
    for number in range(10**9):
        print(f"line {number} of a log that goes on and on and on")
        time.sleep(0.01)


"""


def measure(arguments: argparse.Namespace, seed: int) -> tuple[float, list[float]]:
    """Seconds to the first frame, and the milliseconds of each key."""
    home = Path(tempfile.mkdtemp())
    names = [_write_curves(home, arguments.points)] if arguments.points else []
    (home / "session-1.json").write_text(json.dumps({"shown_runs": names}))  # no welcome
    model = [_talking_lenet(home)] if arguments.busy else []
    started = time.perf_counter()
    terminal = Terminal(arguments.columns, arguments.rows, home, *model)
    try:
        name = "talking.py" if arguments.busy else "housing.py"
        first = terminal.wait(20, lambda: terminal.shows(name) and terminal.shows("Train"))
        if first is None:
            raise SystemExit("the workbench did not show within 20 s:\n" + terminal.text)
        terminal.wait(2)
        if not arguments.idle:
            terminal.write(OPTIONS)
            terminal.wait(0.3)
            terminal.write(b"--epochs 100000000")
            terminal.wait(0.5)
            terminal.write(TRAIN)
            if terminal.wait(10, lambda: terminal.shows("running")) is None:
                raise SystemExit("the run did not start:\n" + terminal.text)
            terminal.wait(3)
        return first - started, _type(terminal, arguments.keys, random.Random(seed))
    finally:
        terminal.close()
        end_runs(home)
        shutil.rmtree(home, ignore_errors=True)


def _type(terminal: Terminal, keys: int, generator: random.Random) -> list[float]:
    """Type comments at the top of the model; the milliseconds of each key."""
    milliseconds: list[float] = []
    terminal.write(b"\x0f1")
    terminal.wait(0.3)
    terminal.write(b"\x1b[1;5H")  # Ctrl-Home
    terminal.wait(0.3)
    typed = ""
    for _ in range(keys):
        if len(typed) >= 30:
            terminal.write(b"\r")
            terminal.wait(0.3)
            typed = ""
        typed += generator.choice(LETTERS)
        milliseconds.append(terminal.time_of(typed[-1].encode(), typed))
        terminal.wait(generator.uniform(*GAP_SECONDS))
    return milliseconds


def _talking_lenet(home: Path) -> str:
    """A model file: LeNet, and a thread that prints while it trains."""
    from knetui.models import examples_folder

    source = (examples_folder() / "lenet.py").read_text()
    begin, body = source.index("def "), source.index("    generator = ")
    started = "    threading.Thread(target=talk, daemon=True).start()\n"
    path = home / "talking.py"
    path.write_text(f"{source[:begin]}{TALK}{source[begin:body]}{started}{source[body:]}")
    return str(path)


def _write_curves(home: Path, points: int) -> str:
    """The folder's name of a run of five metrics that has ended."""
    os.environ["KNET_HOME"] = str(home)
    from knetengine.training.folder import State, create_run
    from knetengine.training.metrics import MetricsWriter, Report

    folder = create_run("walk", "pass\n", home / "walk.py", [])
    writer, generator = MetricsWriter(folder.metrics), random.Random(0)
    values = dict.fromkeys(("one", "two", "three", "four", "five"), 0.0)
    for epoch in range(points):
        for name in values:
            values[name] += generator.gauss(0, 1)
        writer.write(Report(epoch, epoch / 100, values, epoch, 0))
    writer.close()
    folder.write_state(State("finished", 0, "", 0.0, points / 100))
    return folder.path.name


def main() -> None:
    """Print a line for each repeat, then the medians over the repeats."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=120)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=40)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--idle", action="store_true", help="without a run, for comparison")
    kind.add_argument("--busy", action="store_true", help="LeNet on all cores, and a lively log")
    parser.add_argument("--points", type=int, default=0, help="of five more curves")
    arguments = parser.parse_args()
    what = "idle" if arguments.idle else "LeNet trains" if arguments.busy else "housing trains"
    print(f"{what}, {arguments.columns} x {arguments.rows}")
    rows: list[tuple[float, ...]] = []
    for repeat in range(arguments.repeats):
        first, keys = measure(arguments, seed=repeat)
        keys.sort()
        row = (first * 1e3, statistics.median(keys), keys[int(len(keys) * 0.95)], keys[-1])
        rows.append(row)
        print("first frame {:5.0f} ms   key: p50 {:5.1f}  p95 {:5.1f}  max {:5.1f} ms".format(*row))
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    print("median      {:5.0f} ms   key: p50 {:5.1f}  p95 {:5.1f}  max {:5.1f} ms".format(*medians))


if __name__ == "__main__":
    main()
