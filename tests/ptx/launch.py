"""What all threads of a launch share while it runs: their places, memory, limits and counts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.ptx.counters import Counters
from tests.ptx.faults import Fault, Place
from tests.ptx.lanes import WARP, Lanes
from tests.ptx.memory import READABLE, DeviceMemory, Space
from tests.ptx.module import Function, Instruction
from tests.ptx.races import BLOCK_STEP, LANE, STAMP, WARP_STEP, Publications, Shadow, stamps

Extent = tuple[int, int, int]


class Grid:
    """A launch as it was asked for.

    shared: the state of each byte of a block's shared memory at the start.
    granule: the least bytes that an access of its kernel has.
    only: the blocks that are run, counted with x fastest; None for all.

    Raises Fault for more threads than can be told apart.
    """

    def __init__(
        self,
        kernel: Function,
        grid: Extent,
        block: Extent,
        parameters: bytes,
        shared: np.ndarray,
        granule: int,
        device: DeviceMemory,
        counters: Counters,
        step_limit: int,
        only: range | None = None,
    ) -> None:
        self.kernel = kernel
        self.grid = grid
        self.block = block
        self.parameters = parameters
        self.shared = shared
        self.granule = granule
        self.device = device
        self.counters = counters
        self.steps_left = step_limit
        self.step_limit = step_limit
        self.threads = block[0] * block[1] * block[2]
        self.padded = -(-self.threads // WARP) * WARP
        only = range(grid[0] * grid[1] * grid[2]) if only is None else only
        self.start = only.start
        self.blocks = len(only)
        if self.blocks * self.padded > LANE:
            what = f"{kernel.name}: {self.blocks} blocks of {self.threads} threads; run fewer"
            raise Fault("unsupported", what)
        self.publications = Publications(self.blocks)
        self.shadow = Shadow(device.reach, granule, self.padded, self.publications)


class Launch:
    """Some blocks of a grid, which run together; `first` counts from the first that is run.

    own: the stamp of each lane, see `races`. fenced: which lanes have executed a fence.
    """

    def __init__(self, grid: Grid, first: int, blocks: int, local_bytes: int) -> None:
        self.grid = grid
        self.first = first
        self.blocks = blocks
        self.counters = grid.counters
        self.padded = grid.padded
        self.total = blocks * self.padded
        lane = np.arange(self.total)
        self.block_of = lane // self.padded  # (lanes,), counted in this launch
        self.thread_of = lane % self.padded  # (lanes,), counted in the block
        self.lanes = Lanes(np.flatnonzero(self.thread_of < grid.threads), self.total)
        self.own = stamps(first * self.padded, self.total)
        self.fenced = np.zeros(self.total, bool)
        self.exists = self.thread_of < grid.threads
        self.ended = ~self.exists  # lanes that executed exit, and those that pad a block
        self.shared = Space("shared", grid.shared.size, blocks)
        pieces = self.shared.state.reshape(blocks, -1)
        pieces[:, : grid.shared.size] = grid.shared
        self.shared_shadow = Shadow(
            self.shared.data.size, grid.granule, self.padded, grid.publications
        )
        self.local = Space("local", local_bytes, self.total)
        self.parameters = Space("param", len(grid.parameters), 1, READABLE)
        self.parameters.write(0, grid.parameters)
        self._specials: dict[str, Any] = {}

    def special(self, name: str) -> Any:
        """A read-only register: one number, or one for each lane; None if it is not known."""
        if name not in self._specials:
            self._specials[name] = self._special(name)
        return self._specials[name]

    def _special(self, name: str) -> Any:
        u32 = np.uint32
        name, _, axis = name.removeprefix("%").partition(".")
        if axis:
            extent = {"tid": self.grid.block, "ctaid": self.grid.grid}.get(name.lstrip("n"))
            number = "xyz".index(axis)
            if extent is None:
                return None
            if name.startswith("n") or extent[number] == 1:
                return u32(extent[number] if name.startswith("n") else 0)
            counted = (
                self.thread_of if name == "tid" else self.block_of + self.first + self.grid.start
            )
            return split(counted, extent)[number].astype(u32)
        laneid = (self.thread_of % WARP).astype(u32)
        own = np.left_shift(u32(1), laneid)
        below = own - u32(1)
        return {
            "laneid": laneid,
            "warpid": (self.thread_of // WARP).astype(u32),
            "nwarpid": u32(self.padded // WARP),
            "lanemask_eq": own,
            "lanemask_lt": below,
            "lanemask_le": below | own,
            "lanemask_gt": ~(below | own),
            "lanemask_ge": ~below,
            "smid": u32(0),
            "nsmid": u32(1),
            "gridid": np.uint64(0),
        }.get(name)

    def barrier(self, blocks: np.ndarray) -> None:
        """All threads of some blocks, by their number here, have come past a barrier."""
        self.counters.barriers += int(np.count_nonzero(blocks))
        moved = np.repeat(blocks, self.padded)
        self.own[moved] = (self.own[moved] + BLOCK_STEP) & STAMP

    def warp_barrier(self, lanes: Lanes) -> None:
        """Lanes have come past ``bar.warp.sync``."""
        self.own[lanes.index] = (self.own[lanes.index] + WARP_STEP) & STAMP

    def grow_local(self, nbytes: int) -> None:
        """Make each thread's piece of local memory at least so large; a deep call needs it."""
        if nbytes <= self.local.size:
            return
        old, self.local = self.local, Space("local", 2 * nbytes, self.total)
        for new_bytes, old_bytes in (
            (self.local.data, old.data),
            (self.local.state, old.state),
        ):
            new_bytes.reshape(self.total, -1)[:, : old.pitch] = old_bytes.reshape(self.total, -1)

    def place(self, lane: int) -> tuple[Place, Place]:
        """The block and the thread of a lane."""
        number = lane // self.padded + self.first + self.grid.start
        block = split(number, self.grid.grid)
        thread = split(lane % self.padded, self.grid.block)
        return block, thread

    def fault(
        self,
        kind: str,
        what: str,
        instruction: Instruction | None,
        lane: int | None = None,
        address: int | None = None,
    ) -> Fault:
        """A fault of one thread at an instruction."""
        block, thread = (None, None) if lane is None else self.place(int(lane))
        location = instruction.location if instruction else None
        return Fault(
            kind,
            what,
            f"{self.grid.kernel.name}: {location}" if location else self.grid.kernel.name,
            location.line if location else 0,
            block,
            thread,
            address,
        )


def split(number: Any, extent: Sequence[int]) -> tuple[Any, Any, Any]:
    """A number counted through a box as (x, y, z), x fastest."""
    x, y, _ = extent
    return number % x, number // x % y, number // (x * y)
