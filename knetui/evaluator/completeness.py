"""Says whether typed text can run or wants another line. Compiles, never executes."""

import ast
import re
from codeop import compile_command
from typing import Literal, NamedTuple

_WIDTH = 4
_LEAVES_BLOCK = re.compile(r"\s*(return|raise|pass|break|continue)\b")


class Completeness(NamedTuple):
    """`status` of the code and the `indent` that the next line would begin with."""

    status: Literal["complete", "incomplete", "invalid"]
    indent: str = ""


def is_complete(code: str) -> Completeness:
    """Judge like the Python prompt: a compound statement of several lines ends with a blank one.

    A statement on a single line is complete at once, `for i in x: f(i)` too.
    """
    try:
        compiled = compile_command(code, "<input>", "exec")
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return Completeness("invalid")
    if compiled is None or _block_is_open(code):
        return Completeness("incomplete", _next_indent(code))
    return Completeness("complete")


def ends_in_block(code: str) -> bool:
    """Whether the last statement of valid `code` is a compound one, which could still go on."""
    body = ast.parse(code).body
    return bool(body) and hasattr(body[-1], "body")


def _block_is_open(code: str) -> bool:
    lines = code.split("\n")
    if len(lines) == 1 or not lines[-1].strip():
        return False
    last = ast.parse(code).body[-1]
    return hasattr(last, "body") and last.end_lineno != last.lineno


def _next_indent(code: str) -> str:
    last = next((line for line in reversed(code.split("\n")) if line.strip()), "")
    width = len(last) - len(last.lstrip())
    if last.split("#")[0].rstrip().endswith((":", "(", "[", "{")):
        width += _WIDTH
    elif _LEAVES_BLOCK.match(last):
        width -= _WIDTH
    return " " * max(width, 0)
