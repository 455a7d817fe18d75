"""The checks of the devices, as the doctor makes them: lines, a report, an exit status."""

import sys
from collections.abc import Sequence
from pathlib import Path

from knetengine import selftest
from knetui.models import examples_folder


def run_selftest(names: Sequence[str] = (), report: Path | None = None) -> int:
    """Make all checks on the devices that are named, on each CUDA device if none is.

    report: a JSON file to write, after each check.

    Gives 0 if all passed or was skipped, 1 if one failed or was not made, 2 if there is no device.
    """

    def keep(found: selftest.Report) -> None:
        if report is not None:
            selftest.write(found, report)

    try:
        found = selftest.run(names, examples=examples_folder(), say=_say, keep=keep)
        keep(found)
    except ValueError as error:  # no such device
        print(f"knet-tui: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"knet-tui: the report cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    if found.obstacle is not None:
        print(f"knet-tui: no CUDA device: {found.obstacle}", file=sys.stderr)
        print("knet-tui: --device cpu tries the checks without one", file=sys.stderr)
    if not found.finished:
        print("knet-tui: interrupted; what is left was not run", file=sys.stderr)
    return found.exit_status


def _say(line: str) -> None:
    print(line, flush=True)  # a check may take a while
