"""The deck's five models against other engines: one training step, forward, backward and update.

    python -m benchmarks.deck --rounds 15 [--models LinReg,MLP] [--engines knetengine,"JAX jit"]

float32, the same initial weights and the same batches of real data for all; each engine runs its
own natural fast code in a process of its own, with as many threads as there are cores. For LinReg,
Softmax and MLP each engine takes one thread instead if it is faster with it. All engines are timed
in turn in one run; medians over rounds, quartiles in brackets, ratios round by round. Data is
loaded, converted and cut into batches before. Where engines do not come to the same loss, the line
says DIFFERS. "matrix products" is the floor: the products that a step cannot do without, alone.

What the peers of the table of 2016 did differently from each other, and none does here:
- Theano's MLP had 100 hidden units; it cut gradients element by element; its CharLM carried no
  state and had 99 targets.
- TensorFlow did 5500 steps, not 6000, on one constant batch, and LeNet with SAME padding.
- Torch's lr on housing was 0.08; its timing left out copying the batch; its initial weights were
  its own.
- Caffe's CharLM read zeros as its input, and 99 steps; its squared error was halved.
- Torch cut the gradients of CharLM element by element, Knet and Caffe their norm, as all do here.
The losses of CharLM are compared from weights a tenth of the deck's, which are chaotic; what is
timed starts from the deck's own. The engines' own LSTMs run there; "CharLM loop" is the deck's
hand-written one, in a loop of Python.
"""

import argparse
import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.deck.models import PLANS
from benchmarks.deck.report import Measured, as_json, print_model
from benchmarks.deck.worker import ENGINES, NotThereError, Worker
from benchmarks.interleaved import in_turn, machine

TRIALS = 5  # timings by which an engine chooses its number of threads


def candidates(model: str, threads: int) -> tuple[int, ...]:
    """The numbers of threads among which an engine may choose."""
    return (1, threads) if PLANS[model].small and threads > 1 else (threads,)


def chosen(engine: str, model: str, threads: int, stack: ExitStack) -> Worker:
    """A worker with the number of threads that is better for this engine."""
    workers = [
        stack.enter_context(Worker(engine, model, number)) for number in candidates(model, threads)
    ]
    if len(workers) == 1:
        return workers[0]
    clocks = {str(worker.threads): worker.seconds for worker in workers}
    times = in_turn(clocks, TRIALS)
    best = min(workers, key=lambda worker: times[str(worker.threads)].median)
    for worker in workers:
        if worker is not best:
            worker.close()
    return best


def measure_model(
    model: str, engines: list[str], threads: int, rounds: int
) -> tuple[dict[str, Measured], dict[str, str]]:
    """What was measured, and why some engines were not."""
    workers: dict[str, Worker] = {}
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        for engine in engines:
            try:
                workers[engine] = chosen(engine, model, threads, stack)
            except NotThereError as error:
                absent[engine] = str(error)
        times = in_turn({name: worker.seconds for name, worker in workers.items()}, rounds)
        measured = {
            name: Measured(worker.ready, worker.threads, times[name])
            for name, worker in workers.items()
        }
    return measured, absent


def names(text: str, known: Any) -> list[str]:
    """A list of names, separated by commas, in the order of the table."""
    wanted = text.split(",")
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
    return [name for name in known if name in wanted]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, help="at least 2")
    parser.add_argument("--models", type=lambda text: names(text, PLANS), default=list(PLANS))
    parser.add_argument("--engines", type=lambda text: names(text, ENGINES), default=list(ENGINES))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="a file for all figures")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("--rounds: quartiles need at least 2")
    where = machine()
    print(where)
    versions: dict[str, str] = {}
    tables: dict[str, Any] = {}
    for model in options.models:
        measured, absent = measure_model(model, options.engines, options.threads, options.rounds)
        print_model(model, measured, absent)
        print("", end="", flush=True)
        versions |= {name: engine.ready.version for name, engine in measured.items()}
        tables[model] = as_json(model, measured, absent)
    print("\n" + "; ".join(dict.fromkeys(versions.values())))
    if options.json:
        content = {"machine": where, "rounds": options.rounds, "models": tables}
        options.json.write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    main()
