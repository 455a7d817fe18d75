"""What a kernel takes of a multiprocessor: read from the log of ``ptxas -v``."""

import re
from typing import NamedTuple

_ENTRY = re.compile(r"Compiling entry function '(\w+)' for 'sm_(\d+)a?'")
_STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
_USED = re.compile(r"Used (\d+) registers")
_SHARED = re.compile(r"(\d+) bytes smem")


class Usage(NamedTuple):
    """Of one kernel on one architecture.

    registers: of a thread. stack: bytes of a thread in local memory, for arrays that are indexed by
        a variable, and for calls; those of registers that were spilled are counted in `spilled`.
    shared: bytes of a block, without dynamic ones.
    """

    registers: int
    stack: int
    spilled: int
    shared: int


def usages(log: str) -> dict[tuple[str, int], Usage]:
    """By kernel and architecture.

    Raises ValueError for a kernel of which the log says nothing more.
    """
    pieces = _ENTRY.split(log)[1:]  # name, architecture, text, name ...
    found: dict[tuple[str, int], Usage] = {}
    for name, architecture, text in zip(*(iter(pieces),) * 3, strict=True):
        stack, used = _STACK.search(text), _USED.search(text)
        if stack is None or used is None:
            raise ValueError(f"ptxas says nothing of {name}: {text}")
        shared = _SHARED.search(text)
        found[name, int(architecture)] = Usage(
            registers=int(used[1]),
            stack=int(stack[1]),
            spilled=int(stack[2]) + int(stack[3]),
            shared=int(shared[1]) if shared else 0,
        )
    return found
