"""How time and peak memory of a gradient grow with the batch, the sequence, the layer and the tape.

    python -m benchmarks.scaling [--tables mlp,recurrence,steps,hidden] [--threads 1]

Against PyTorch eager, if it is installed, float32, one thread each by default; each point runs in a
process of its own, ours and PyTorch's in turn. Time is the median of a few gradients. Memory is
what the process holds at its peak during the first gradient of that size, above what it held
before (VmHWM of /proc, which is reset first; Linux only): it counts the memory of both, wherever
they allocate it, in pages.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from benchmarks.interleaved import THREADS, machine

Gradient = Callable[[], object]
REPEATS = 5
MIB = 2**20


class Table(NamedTuple):
    """A table: points down, programs across."""

    title: str
    column: str
    points: tuple[int, ...]
    programs: dict[str, Callable[[int], Gradient]]


def _normal(*shape: int, scale: float = 0.1) -> Any:
    import numpy as np

    generator = np.random.default_rng(sum(shape))
    return (scale * generator.standard_normal(shape)).astype(np.float32)


def _labels(count: int) -> Any:
    import numpy as np

    return np.random.default_rng(0).integers(0, 10, count)


def mlp_ours(batch: int) -> Gradient:
    """784-64-10 and the likelihood of labels."""
    from knetengine import grad, nn

    w = [_normal(784, 64), _normal(64), _normal(64, 10), _normal(10)]
    x, y = _normal(batch, 784), _labels(batch)

    def loss(w: Any) -> Any:
        return nn.nll(nn.relu(x @ w[0] + w[1]) @ w[2], y, bias=w[3])

    return lambda: grad(loss)(w)


def mlp_torch(batch: int) -> Gradient:
    """The same in PyTorch."""
    import torch
    from torch.nn import functional as f

    shapes = ((64, 784), (64,), (10, 64), (10,))
    w = [torch.tensor(_normal(*shape), requires_grad=True) for shape in shapes]
    x, y = torch.tensor(_normal(batch, 784)), torch.tensor(_labels(batch))

    def gradient() -> object:
        h = f.relu(f.linear(x, w[0], w[1]))
        return torch.autograd.grad(f.cross_entropy(f.linear(h, w[2], w[3]), y), w)

    return gradient


def recurrence_ours(operations: int, blocks: bool = False) -> Gradient:
    """h = tanh(h @ w) by hand, two operations a step; in blocks of sqrt(steps), or all kept."""
    import knetengine.numpy as kn
    from knetengine import checkpoint, grad

    h, w, steps = _normal(64, 64), _normal(64, 64), operations // 2
    size = max(1, round(steps**0.5)) if blocks else steps

    def advance(h: Any, w: Any, count: int) -> Any:
        for _ in range(count):
            h = kn.tanh(h @ w)
        return h

    run = checkpoint(advance) if blocks else advance

    def loss(w: Any) -> Any:
        part = h
        for start in range(0, steps, size):
            part = run(part, w, min(size, steps - start))
        return kn.sum(part)

    return lambda: grad(loss)(w)


def recurrence_checkpoints(operations: int) -> Gradient:
    """The same, keeping the state once in sqrt(steps) steps and computing the rest again."""
    return recurrence_ours(operations, blocks=True)


def recurrence_torch(operations: int) -> Gradient:
    """The same in PyTorch."""
    import torch

    first = torch.tensor(_normal(64, 64))
    w = torch.tensor(_normal(64, 64), requires_grad=True)

    def gradient() -> object:
        h = first
        for _ in range(operations // 2):
            h = torch.tanh(h @ w)
        return torch.autograd.grad(h.sum(), w)

    return gradient


def lstm_ours(steps: int, hidden: int) -> Gradient:
    """`nn.rnn` over (steps, 64, hidden), by its weights."""
    import knetengine.numpy as kn
    from knetengine import grad, nn

    w = (_normal(hidden, 4 * hidden), _normal(hidden, 4 * hidden), _normal(4 * hidden))
    x = _normal(steps, 64, hidden)
    gradient = grad(lambda w: kn.sum(nn.rnn(x, [w])[0]))
    return lambda: gradient(w)


def lstm_torch(steps: int, hidden: int) -> Gradient:
    """The same in PyTorch."""
    import torch

    layer = torch.nn.LSTM(hidden, hidden)
    x = torch.tensor(_normal(steps, 64, hidden))
    w = list(layer.parameters())
    return lambda: torch.autograd.grad(layer(x)[0].sum(), w)


def steps_ours(steps: int) -> Gradient:
    """An LSTM of 128 over longer sequences."""
    return lstm_ours(steps, 128)


def steps_torch(steps: int) -> Gradient:
    """The same in PyTorch."""
    return lstm_torch(steps, 128)


def hidden_ours(hidden: int) -> Gradient:
    """A wider LSTM over 50 steps."""
    return lstm_ours(50, hidden)


def hidden_torch(hidden: int) -> Gradient:
    """The same in PyTorch."""
    return lstm_torch(50, hidden)


TABLES = {
    "mlp": Table(
        "MLP 784-64-10",
        "batch",
        (10, 100, 1000, 10000),
        {"knetengine": mlp_ours, "PyTorch": mlp_torch},
    ),
    "recurrence": Table(
        "h = tanh(h @ w) of (64, 64), in a loop",
        "operations",
        (10, 100, 1000, 10000),
        {
            "knetengine": recurrence_ours,
            "with checkpoint": recurrence_checkpoints,
            "PyTorch": recurrence_torch,
        },
    ),
    "steps": Table(
        "LSTM of 128, 64 sequences",
        "steps",
        (10, 50, 100, 200, 400),
        {"knetengine": steps_ours, "PyTorch": steps_torch},
    ),
    "hidden": Table(
        "LSTM, 50 steps, 64 sequences",
        "hidden",
        (64, 128, 256, 512),
        {"knetengine": hidden_ours, "PyTorch": hidden_torch},
    ),
}


def _status(field: str) -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))


def _measure(
    pipe: Connection, program: Callable[[int], Gradient], smallest: int, point: int
) -> None:
    program(smallest)()  # what is loaded and compiled once is not counted
    gradient = program(point)
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")  # the peak starts again from what is held now
    held = _status("VmRSS")
    gradient()  # the first of its size: a later one would find memory that malloc has kept
    peak = _status("VmHWM") - held
    seconds: list[float] = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        gradient()
        seconds.append(time.perf_counter() - start)
    pipe.send((statistics.median(seconds), peak))


def measured(program: Callable[[int], Gradient], smallest: int, point: int) -> tuple[float, int]:
    """Seconds and bytes at the peak, from a process of its own."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_measure, args=(theirs, program, smallest, point))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        process.join()


def print_table(table: Table) -> None:
    """Milliseconds and MiB of each program, a line a point."""
    programs = {
        name: program
        for name, program in table.programs.items()
        if name != "PyTorch" or find_spec("torch")
    }
    print(f"\n{table.title}: ms, and MiB at the peak")
    print(f"  {table.column:>10}" + "".join(f"{name:>24}" for name in programs))
    for point in table.points:
        cells = ""
        for program in programs.values():
            seconds, peak = measured(program, table.points[0], point)
            cells += f"{seconds * 1e3:>14.3f} {peak / MIB:>9.2f}"
        print(f"  {point:>10}{cells}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    os.environ.update(dict.fromkeys((*THREADS, "NUMBA_NUM_THREADS"), str(options.threads)))
    print(machine())
    for name in options.tables.split(","):
        print_table(TABLES[name])


if __name__ == "__main__":
    main()
