"""The emulator's driver, and which kernels it has been given."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from knetengine.gpu.drivers.interface import Address, Argument, Extent, Handle
from tests.ptx.counters import Counters
from tests.ptx.driver import PtxDriver
from tests.ptx.emulator import Loaded
from tests.ptx.memory import READABLE
from tests.ptx.verification import Kernel

RUBBISH = 0xA5


class TooManyThreadsError(Exception):
    """A launch that would take the emulator too long."""


class RecordingDriver(PtxDriver):
    """launched: the kernels that ran to their end, with the counts of all their launches.

    most_threads: of a launch; beyond it raises TooManyThreadsError.

    What is filled with `RUBBISH`, as `Board` fills all that it hands out, counts as unwritten: a
    kernel that reads it is at fault. The host may read it, between the entries of an array.
    ``ran`` has the kernels of all such drivers.
    """

    ran: ClassVar[set[Kernel]] = set()

    def __init__(
        self, architecture: int = 80, total_bytes: int = 256 << 20, most_threads: int = 1 << 18
    ) -> None:
        super().__init__(architecture, total_bytes)
        self.most_threads = most_threads
        self.launched: dict[Kernel, Counters] = {}
        self._options: dict[int, tuple[str, ...]] = {}

    def fill(self, target: Address, byte: int, nbytes: int, stream: Handle = 0) -> None:
        super().fill(target, byte, nbytes, stream)
        if byte == RUBBISH:
            self.emulator.memory.forget(target, nbytes)

    def to_host(self, target: np.ndarray, source: Address, stream: Handle = 0) -> None:
        memory = self.emulator.memory
        states = memory.state[memory.span(source, target.nbytes, "copy to the host")]
        before = states.copy()
        states[...] = READABLE
        super().to_host(target, source, stream)
        states[...] = before

    def load(self, source: str, options: Sequence[str] = ()) -> Loaded:
        loaded = super().load(source, options)
        self._options[id(loaded)] = tuple(options)
        return loaded

    def launch(
        self,
        function: tuple[Loaded, str],
        grid: Extent,
        block: Extent,
        arguments: Sequence[Argument],
        shared_bytes: int = 0,
        stream: Handle = 0,
    ) -> None:
        blocks = grid[0] * grid[1] * grid[2] if self._only is None else len(self._only)
        threads = blocks * block[0] * block[1] * block[2]
        if threads > self.most_threads:
            raise TooManyThreadsError(f"{function[1]}: {threads} threads")
        super().launch(function, grid, block, arguments, shared_bytes, stream)
        loaded, name = function
        kernel = name, self._options[id(loaded)]
        self.launched[kernel] = self.launched.get(kernel, Counters()) + self.emulator.counters
        self.ran.add(kernel)
