"""Bugs planted in the product's own kernels: each is caught by the emulator, in a usual launch."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pytest

from knetengine.gpu.kernels import indexing
from knetengine.gpu.kernels.layers import softmax
from tests.knetengine.gpu.kernels.board import Board
from tests.ptx.driver import PtxDriver
from tests.ptx.emulator import Loaded
from tests.ptx.faults import Fault
from tests.ptx.kernels.cases import CASES
from tests.ptx.kernels.typical import numbers
from tests.ptx.snippets import NEEDS_NVRTC

pytestmark = NEEDS_NVRTC


class Bug(NamedTuple):
    """A piece of the sources, and what is put in its place, once.

    case: the launch that shows it, one of `LAUNCHES`. kind: of the fault. says: part of its words.
    """

    right: str | re.Pattern[str]
    wrong: str
    case: str
    kind: str
    says: str = ""


def softmax_backward(board: Board) -> None:
    """Blocks that add up only once."""
    g, y = numbers(board, 40, 100), numbers(board, 40, 100, seed=1)
    softmax.softmax_backward(board.driver, g, y, g)


LAUNCHES = {**CASES, "softmax backward": softmax_backward}

BUGS = {
    "no barrier before the tree of a block's sum": Bug(
        "    shared[threadIdx.x] = value;\n    __syncthreads();\n    KN_LOOP for (u32 half",
        "    shared[threadIdx.x] = value;\n    KN_LOOP for (u32 half",
        "softmax",
        "race",
        "shared memory",
    ),
    "no barrier in the tree of a block's sum": Bug(
        "Op::combine(shared[threadIdx.x], shared[threadIdx.x + half]);\n        __syncthreads();",
        "Op::combine(shared[threadIdx.x], shared[threadIdx.x + half]);",
        "layer norm",
        "race",
    ),
    "no barrier before shared memory is used again": Bug(
        "    __syncthreads();  // before `shared` is used again\n    return value;",
        "    return value;",
        "cross_entropy",
        "race",
        "read",
    ),
    "a barrier that not all threads come to": Bug(
        "    __syncthreads();  // before `shared` is used again\n    return value;",
        "    if (threadIdx.x < 16) __syncthreads();\n    return value;",
        "softmax backward",
        "barrier",
        "16 threads of the block wait for 112 more",
    ),
    "no barrier in a reduction": Bug(
        "    shared[me] = state;\n    __syncthreads();",
        "    shared[me] = state;",
        "sum of rows",
        "race",
    ),
    "no barrier between reading and writing in a scan": Bug(
        "        __syncthreads();  // all have read\n", "", "cumsum of rows", "race"
    ),
    "no barrier between filling a tile and reading it": Bug(
        "        __syncthreads();\n        KN_LOOP for (u32 k = threadIdx.y",
        "        KN_LOOP for (u32 k = threadIdx.y",
        "copy transposed",
        "race",
    ),
    "no atomic where items meet": Bug(
        "atomicMax(winners + key, b);",
        "{ if (winners[key] < b) winners[key] = b; }",
        "scatter rows",
        "race",
        "global memory",
    ),
    "one entry too many": Bug(
        "i < (n); \\", "i <= (n); \\", "positive flat", "out of bounds", "0 bytes after the end"
    ),
    "one number too many in a sum": Bug(
        "i = low + threadIdx.y; i < high;",
        "i = low + threadIdx.y; i <= high;",
        "sum of all",
        "out of bounds",
    ),
    "an argument of 4 bytes for one of 8": Bug(
        "kn_softmax(i64 rows, i64 classes",
        "kn_softmax(i32 rows, i64 classes",
        "softmax",
        "argument",
        "argument 0 .* has 8 bytes, the kernel's parameter 4",
    ),
    "an argument that is not given": Bug(
        "kn_softmax(i64 rows, i64 classes",
        "kn_softmax(i64 first, i64 rows, i64 classes",
        "softmax",
        "argument",
        "takes 5 arguments, 4 were given",
    ),
    "counters that are not set to zero": Bug(
        re.compile(r"KN_UNROLL for \(u32 d = 0; d < KN_DIGITS; d\+\+\) counts.* = 0;"),
        "",
        "sort",
        "uninitialised",
        "what nothing has written",
    ),
    "a sum's memory is too small": Bug(
        "KN_T* y) {\n    __shared__ KN_T shared[256];",
        "KN_T* y) {\n    __shared__ KN_T shared[64];",
        "softmax",
        "out of bounds",
    ),
}


class Planting(PtxDriver):
    """Compiles sources with a bug in them."""

    def __init__(self, bug: Bug) -> None:
        super().__init__(80)
        right = bug.right
        self.right = right if isinstance(right, re.Pattern) else re.compile(re.escape(right))
        self.wrong = bug.wrong
        self.planted = 0

    def load(self, source: str, options: Sequence[str] = ()) -> Loaded:
        source, count = self.right.subn(lambda _: self.wrong, source, 1)
        self.planted += count
        return super().load(source, options)


def launched(bug: Bug, case: Callable[[Board], None]) -> Fault:
    """What a launch says of a bug."""
    driver = Planting(bug)
    with pytest.raises(Fault) as caught:
        case(Board(driver))
    assert driver.planted, "the source has no such piece; plant the bug elsewhere"
    return caught.value


@pytest.mark.parametrize("name", BUGS)
def test_it_is_caught(name: str, record_property: Callable[[str, object], None]) -> None:
    bug = BUGS[name]
    fault = launched(bug, LAUNCHES[bug.case])
    assert fault.kind == bug.kind
    assert re.search(bug.says, str(fault))
    record_property("planted", f"kernels: {name}")


def test_a_report_that_is_not_atomic(record_property: Callable[[str, object], None]) -> None:
    """Two items out of range: which is said to be the first must not depend on luck."""

    def gather(board: Board) -> None:
        index = board.put(np.full(3, 77))
        word = board.scratch(8)
        board.driver.fill(word, 0x7F, 8)
        x, out = board.put(np.zeros((4, 2), "f")), board.empty((3, 2), "f")
        indexing.gather(board.driver, x, [index], out, faults=word)

    bug = Bug("if (faults) atomicMin(faults, b);", "if (faults) *faults = b;", "", "race")
    assert launched(bug, gather).kind == bug.kind
    record_property("planted", "kernels: a report that is not atomic")
