"""Turn the keyword arguments of a model's main into command-line options."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cyclopts import CycloptsError

from knetengine.faults import Fault
from knetengine.training.deck import options_line, seconds_line
from knetengine.training.loop import run
from knetengine.training.option_parser import in_a_line, option_parser


class OptionError(SystemExit):
    """An option that main does not have, or a value that it cannot take; exit status 2."""

    def __init__(self, message: str) -> None:
        super().__init__(2)
        self.message = message


def script(main: Callable[..., Any]) -> None:
    """Run `main` with the options of the command line.

    `def main(*, epochs: int = 20, lr: float = 0.1)` takes `--epochs 3 --lr 0.5`; `--help` lists
    them with main's docstring. First come the module's first line and the options, in the
    deck's format; after `--fast` there comes nothing but the time of the training loop.
    A `Fault` in main, a file that is not as it should be, is told in a line on stderr.
    Raises OptionError (a SystemExit) for a wrong option, with the name that was probably meant.
    """
    run.was_scripted = True
    name = Path(sys.argv[0]).stem
    parser = option_parser(main, name)
    try:
        command, bound, _ = parser.parse_args(sys.argv[1:], exit_on_error=False, print_error=False)
    except CycloptsError as error:
        message = f"{name}: {in_a_line(error)}  (`--help` lists the options)"
        if run.recorder is None:  # otherwise whoever asked for the run says it
            print(message, file=sys.stderr)
        raise OptionError(message) from None
    if command is not main:  # --help
        command(*bound.args, **bound.kwargs)
        return
    bound.apply_defaults()
    if run.recorder is not None:
        run.recorder.begin(inspect.unwrap(main).__code__, dict(bound.arguments))
    fast = bool(bound.arguments.get("fast", False))
    if not fast:
        description = ((main.__globals__.get("__doc__") or "").strip() or name).splitlines()[0]
        print(description, options_line(bound.arguments.items()), sep="\n")
    try:
        main(*bound.args, **bound.kwargs)
    except Fault as error:
        if run.recorder is not None:  # whoever asked for the run says it
            raise
        print(f"{name}: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    if fast:
        print(seconds_line(run.training_seconds))
