"""Functions in a process of their own, with kernels that a sanitizer watches.

A sanitizer has to be there before anything else, so it is preloaded into a child; there every
`HostDriver` compiles for it. What it finds comes back as reports, with the lines of the source.
"""

import functools
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.knetengine.gpu.host.compiling import cache_folder, sanitizer_runtime
from tests.knetengine.gpu.host.host_driver import ORDER, SANITIZER
from tests.knetengine.gpu.host.modules import Order

ROOT = Path(__file__).parents[4]
PROGRAM = "from tests.knetengine.gpu.host import sanitized; sanitized.answer()"
OPTIONS = {
    # Python does not free all that it has when it ends; signals are for the sanitizer.
    "address": "detect_leaks=0:allocator_may_return_null=1",
    # The history of each thread is kept long enough to name both sides of a race.
    "thread": "history_size=4:second_deadlock_stack=1:halt_on_error=0:exitcode=0",
}
LONGEST = 900  # seconds, after which a child has gone astray
VARIABLES = {"address": "ASAN_OPTIONS", "thread": "TSAN_OPTIONS"}

START = re.compile(
    r"(?:ERROR|WARNING): (?:Address|Thread)Sanitizer: (?P<kind>[^\n(]+?)(?= on | \(|\n)"
)
FRAME = re.compile(r"#\d+ (?:0x\w+ in )?(?P<function>\S.*?) (?:\S*/)?(?P<place>[\w.]+\.cuh?:\d+)")


@dataclass(frozen=True)
class Report:
    """What a sanitizer found.

    kind: in its words, such as "heap-buffer-overflow" or "data race".
    places: the lines of kernels in its stacks, such as "kernels.cu:7", each once, in its order.
    """

    kind: str
    places: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Outcome:
    """What came of a function in its child.

    value: what it returned; None where AddressSanitizer ended the child at its first report.
    """

    value: Any
    reports: tuple[Report, ...]
    output: str

    def __str__(self) -> str:
        """The reports in full, for a failing assertion."""
        return "\n".join(report.text for report in self.reports) or "nothing to report"


def run_sanitized(
    kind: str, module: str, function: str, *arguments: Any, order: Order = "forward"
) -> Outcome:
    """Call a function in a child whose kernels are watched by "address" or "thread".

    module: to be imported there, such as "tests.knetengine.gpu.kernels.chosen".
    function: of the module; it makes its own `HostDriver()`.
    arguments: for it, and its value back, go through JSON.

    Raises RuntimeError where the function raised, or the child died, without any report.
    """
    return Child(kind, module, function, *arguments, order=order).result()


class Child:
    """The same, begun at once and waited for later: it runs beside this process meanwhile."""

    def __init__(
        self, kind: str, module: str, function: str, *arguments: Any, order: Order = "forward"
    ) -> None:
        runtime = sanitizer_runtime(kind)
        if runtime is None:
            raise RuntimeError(f"the compiler has no run-time library for the {kind} sanitizer")
        self._name = f"{module}.{function}"
        self._folder = tempfile.TemporaryDirectory(prefix="knet-host-")
        folder = Path(self._folder.name)
        request = {"module": module, "function": function, "arguments": arguments}
        variables = {
            SANITIZER: kind,
            ORDER: str(order),
            VARIABLES[kind]: f"{OPTIONS[kind]}:log_path={folder / 'log'}",
            "LD_PRELOAD": str(runtime),
            "KNET_HOST_CACHE": str(cache_folder()),
            "KNET_HOST_ANSWER": str(folder / "answer"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            # Other threads than the kernels' would have races of their own reported.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "NUMBA_NUM_THREADS": "1",
        }
        settings = [f"{name}={value}" for name, value in variables.items()]
        python = [sys.executable, "-c", PROGRAM, json.dumps(request)]
        with open(folder / "output", "w") as output:
            self._process = subprocess.Popen(
                [*_without_random_addresses(), "env", *settings, *python],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def result(self) -> Outcome:
        """What came of it; waits for its end. To be called once."""
        folder = Path(self._folder.name)
        try:
            status = self._process.wait(LONGEST)
            output = (folder / "output").read_text()
            reports = tuple(_reports(path.read_text() for path in sorted(folder.glob("log*"))))
            answer = folder / "answer"
            if not answer.exists() and not reports:
                raise RuntimeError(f"{self._name} failed with {status}: {output}")
            value = json.loads(answer.read_text()) if answer.exists() else None
            return Outcome(value, reports, output)
        finally:
            self.stop()

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def answer() -> None:
    """What the child does."""
    request = json.loads(sys.argv[1])
    function = getattr(importlib.import_module(request["module"]), request["function"])
    value = function(*request["arguments"])
    path = Path(os.environ["KNET_HOST_ANSWER"])
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(value))
    unfinished.replace(path)


@functools.cache
def _without_random_addresses() -> tuple[str, ...]:
    """ThreadSanitizer of GCC 12 has no place for the addresses that newer kernels draw."""
    command = ("setarch", "-R")
    if shutil.which("setarch") is None:
        return ()
    works = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if works else ()


def _reports(logs: Iterator[str]) -> Iterator[Report]:
    for log in logs:
        starts = list(START.finditer(log))
        ends = [*(match.start() for match in starts[1:]), len(log)]
        for match, end in zip(starts, ends, strict=True):
            text = log[match.start() : end]
            places = dict.fromkeys(frame["place"] for frame in FRAME.finditer(text))
            yield Report(match["kind"], tuple(places), text.strip("=\n "))
