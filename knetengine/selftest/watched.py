"""NVIDIA's compute-sanitizer over a choice of the checks, in a process of its own.

Products are left out: there cuBLAS would be watched, and not our kernels.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable

from knetengine.selftest.checks import CHECKS, Place, check
from knetengine.selftest.comparing import Comparison, MismatchError, UnavailableError

FAMILY = "compute-sanitizer"

TOOLS = {
    "memcheck": "accesses out of bounds",
    "racecheck": "races in shared memory",
    "initcheck": "reads of what nothing wrote",
    "synccheck": "barriers",
}

FAMILIES = ("reductions", "indexing", "views", "joins", "random numbers", "optimisers")
"""What is run whole; of the others `CHOSEN`."""

CHOSEN = {
    ("elementwise", name) for name in ("add", "exp", "where", "strides of all kinds", "casts")
} | {("layers", name) for name in ("softmax", "nll", "layernorm", "batchnorm", "pool", "embed")}

FOUND = 86
"""The exit status for an error that a tool found, apart from those of the checks."""

PROGRAM = "from knetengine.selftest.watched import main; raise SystemExit(main())"

LONGEST = 1800  # seconds; a tool slows kernels down by ten to a hundred times


def _check(tool: str) -> Callable[[Place, Comparison], None]:
    def run(place: Place, comparison: Comparison) -> None:
        _ = place.cuda  # it watches nothing else
        command = shutil.which("compute-sanitizer")
        if command is None:
            raise UnavailableError("compute-sanitizer is not on the PATH")
        child = [sys.executable, "-c", PROGRAM, place.name]
        done = subprocess.run(
            [command, "--tool", tool, "--error-exitcode", str(FOUND), *child],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
        if done.returncode:
            said = " ".join((done.stdout + done.stderr).split())[-1500:]
            raise MismatchError(f"found the exit status {done.returncode}, expected 0: {said}")

    return run


for _tool, _what in TOOLS.items():
    check(FAMILY, f"{_tool}: {_what}")(_check(_tool))


def run_chosen(place: Place) -> list[str]:
    """Make the chosen checks; what failed of them."""
    failed: list[str] = []
    for each in CHECKS:
        if each.family not in FAMILIES and (each.family, each.name) not in CHOSEN:
            continue
        try:
            each.run(place, Comparison())
        except UnavailableError:
            continue
        except Exception as error:  # a failing check must not hide what the tool finds later
            failed.append(f"{each.family}, {each.name}: {error}")
    return failed


def main() -> int:
    """Make the chosen checks on the device that the command line names."""
    failed = run_chosen(Place(sys.argv[1]))
    print(*failed, sep="\n")
    return 1 if failed else 0
