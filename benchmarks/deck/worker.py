"""One engine with one model in a process of its own.

So that each engine has the number of threads it is given from its start (JAX and TensorFlow read
it only once), and the pools of one never wait inside the time of another.
"""

import os
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, NamedTuple

from benchmarks.deck.models import PLANS, same
from benchmarks.interleaved import THREADS, timed

Step = Callable[[], Any]
Builder = Callable[[Any, int], Step]  # of a model and a number of threads

POOLS = (*THREADS, "NUMBA_NUM_THREADS", "NPROC")  # JAX reads the last one
REST = 0.05  # seconds; the threads of OpenBLAS spin for about 25 ms after a product


class Engine(NamedTuple):
    """Where the code of an engine is, and what must be installed for it."""

    module: str
    package: str


ENGINES = {
    "knetengine": Engine("with_knetengine", "knetengine"),
    "PyTorch eager": Engine("with_pytorch", "torch"),
    "torch.compile": Engine("with_torch_compile", "torch"),
    "JAX jit": Engine("with_jax", "jax"),
    "TensorFlow": Engine("with_tensorflow", "tensorflow"),
    "HIPS autograd": Engine("with_hips", "autograd"),
    "matrix products": Engine("products", "numpy"),
}


class NotThereError(Exception):
    """An engine does not take part; the message says why."""


class Ready(NamedTuple):
    """What a worker says when it has built a model and trained it a little."""

    version: str
    loss: float | None  # after the steps that all engines do; products have none
    source: str  # of the data
    seconds: float  # to load the data, to build, and for these steps: with compilation


class Worker:
    """A model in an engine, to be timed; a context manager that ends the process."""

    def __init__(self, engine: str, model: str, threads: int) -> None:
        if find_spec(ENGINES[engine].package) is None:
            raise NotThereError("not installed")
        self.threads = threads
        self._calls = PLANS[model].calls
        spawn = get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        os.environ.update(dict.fromkeys(POOLS, str(threads)))
        self._process = spawn.Process(
            target=_serve, args=(theirs, engine, model, threads), daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            self.ready: Ready = self._answer()
        except NotThereError:
            self._process.join()
            raise

    def seconds(self) -> float:
        """Seconds a step, of a few in a row."""
        time.sleep(REST)
        self._pipe.send(self._calls)
        return self._answer()

    def _answer(self) -> Any:
        try:
            answer = self._pipe.recv()
        except EOFError:
            self._process.join()
            raise NotThereError(f"its process ended with {self._process.exitcode}") from None
        if isinstance(answer, str):
            raise NotThereError(answer)
        return answer

    def close(self) -> None:
        """End the process; once more does nothing."""
        self._pipe.close()
        self._process.join()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _serve(pipe: Connection, engine: str, model: str, threads: int) -> None:
    """Build, say so, then time steps until the other end is closed."""
    try:
        step, ready = _build(engine, model, threads)
    except NotThereError as error:
        pipe.send(str(error))
        return
    except Exception as error:  # the table goes on without this engine, and says why
        pipe.send(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
        return
    pipe.send(ready)
    while True:
        try:
            calls = pipe.recv()
        except EOFError:
            return
        step()
        pipe.send(timed(step, calls))


def _build(engine: str, model: str, threads: int) -> tuple[Step, Ready]:
    module = import_module(f"benchmarks.deck.{ENGINES[engine].module}")
    builders: Mapping[str, Builder] = module.BUILDERS
    if model not in builders:
        raise NotThereError(module.LEFT_OUT[model])
    plan = PLANS[model]
    start = time.perf_counter()
    content = plan.load()
    step = builders[model](plan.start(content), threads)
    losses = [step() for _ in range(plan.checked)]
    if plan.start is not same:
        step = builders[model](content, threads)
        step()
    seconds = time.perf_counter() - start
    loss = None if losses[-1] is None else float(losses[-1])
    return step, Ready(module.version(), loss, content.source, seconds)
