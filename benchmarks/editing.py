"""How long a key takes to show on the screen in a long file, with colours, marks and completion.

    python -m benchmarks.editing [--lines 100 1000 3000] [--keys 60] [--repeats 3] [--columns 120]

The workbench in a real pseudo-terminal, as in `benchmarks.latency`, without a run: here it is the
editor that is looked at. Words are typed in the middle of a program of that many lines, so that
names are completed and mistakes are looked for meanwhile. Needs the `bench` extra.
"""

import argparse
import random
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.latency import GAP_SECONDS
from benchmarks.terminal import Terminal

LETTERS = "abcdefghijkmnopqrstuvwxyz"
BEGINNING = "zqj"  # nothing on the screen begins so
FUNCTION = '''\
def f{0}(w, x, rate=0.1):
    """Scale x by number {0}, as nobody needs."""
    for i in range(3):
        x = x * {0} + rate * w[i]  # (N, {0})
    return {{"x": x, "name": f"{{rate:.2f}} of {0}"}}

'''


def program(lines: int) -> str:
    """A program of about so many lines."""
    return "".join(FUNCTION.format(i) for i in range(lines // FUNCTION.count("\n")))


def measure(arguments: argparse.Namespace, lines: int, seed: int) -> list[float]:
    """The milliseconds of each key."""
    folder = Path(tempfile.mkdtemp())
    home = folder / "home"
    home.mkdir()
    (home / "session-1.json").write_text("{}")  # not the first start: no welcome
    path = folder / "long.py"
    path.write_text(program(lines))
    terminal = Terminal(arguments.columns, arguments.rows, home, str(path))
    try:
        if terminal.wait(20, lambda: terminal.shows("long.py") and terminal.shows("Train")) is None:
            raise SystemExit("the workbench did not show within 20 s")
        terminal.wait(3)
        terminal.write(f"\x07{lines // 2}\r\x1b[F\r".encode())  # Ctrl-G, End, Enter
        terminal.wait(1)
        return _type(terminal, arguments.keys, random.Random(seed))
    finally:
        terminal.close()
        shutil.rmtree(folder, ignore_errors=True)


def _type(terminal: Terminal, keys: int, generator: random.Random) -> list[float]:
    milliseconds: list[float] = []
    typed = ""
    for _ in range(keys):
        if not 0 < len(typed) < 20:
            typed = BEGINNING
            terminal.write(b"\x1b[F\r" + typed.encode())
            terminal.wait(0.5)
        typed += generator.choice(LETTERS)
        milliseconds.append(terminal.time_of(typed[-1].encode(), typed))
        terminal.wait(generator.uniform(*GAP_SECONDS))
    return milliseconds


def main() -> None:
    """Print a line for each repeat."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="+", default=[100, 1000, 3000])
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=40)
    arguments = parser.parse_args()
    print(f"{'lines':>6} {'p50':>6} {'p95':>6} {'max':>6}  ms from key to screen")
    for repeat in range(arguments.repeats):  # interleaved: the machine's mood is shared
        for lines in arguments.lines:
            keys = sorted(measure(arguments, lines, seed=repeat))
            p50, p95 = statistics.median(keys), keys[int(len(keys) * 0.95)]
            print(f"{lines:>6} {p50:6.1f} {p95:6.1f} {keys[-1]:6.1f}", flush=True)


if __name__ == "__main__":
    main()
