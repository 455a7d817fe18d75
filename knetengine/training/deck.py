"""The line formats of Knet's examples, as the slides show them.

opts=(:seed,1)(:epochs,20)(:lr,0.1)(:fast,false)
(:epoch,20,:trn,22.717508849652422,:tst,24.37935078764147)
"""

from collections.abc import Iterable
from typing import Any


def options_line(options: Iterable[tuple[str, Any]]) -> str:
    """The options of a script's main, one pair after the other."""
    return "opts=" + "".join(f"(:{name},{_julia(value)})" for name, value in options)


def report_line(values: Iterable[tuple[str, Any]]) -> str:
    """One report: names with colons, numbers with every digit that they have."""
    return "(" + ",".join(f":{name},{_julia(value)}" for name, value in values) + ")"


def seconds_line(seconds: float) -> str:
    """The time of a `--fast` run, as Julia's `@time` begins its line."""
    return f"{seconds:10.6f} seconds"


def _julia(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case list() | tuple():
            return "[" + ",".join(map(_julia, value)) + "]"
        case _:
            return str(value)
