"""A few lines of CUDA C++, run over arrays."""

from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels.operand import Operand
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.kernels.board import Board


class Bench:
    """Runs kernels, each written where it is needed."""

    def __init__(self, driver: HostDriver) -> None:
        self.driver = driver
        self.board = Board(driver)

    def put(self, array: Any) -> Operand:
        """An array of the device."""
        return self.board.put(np.asarray(array))

    def get(self, operand: Operand) -> np.ndarray:
        """What the device has."""
        return self.board.get(operand)

    def launch(
        self,
        source: str,
        *arguments: Any,
        grid: Any = 1,
        block: Any = 1,
        shared_bytes: int = 0,
        name: str = "kn_test",
    ) -> None:
        """Run the kernel ``kn_test`` of a source.

        arguments: operands stand for their addresses. grid, block: numbers, or up to three of them.
        """
        function = self.driver.function(self.driver.load(source), name)
        given = [a.address if isinstance(a, Operand) else a for a in arguments]
        self.driver.launch(function, extent(grid), extent(block), given, shared_bytes)

    def run(self, source: str, count: int, dtype: Any, **how: Any) -> np.ndarray:
        """What a kernel of one argument, ``dtype* out``, writes to `count` numbers, 0 before."""
        out = self.put(np.zeros(count, dtype))
        self.launch(source, out, **how)
        return self.get(out)


def extent(numbers: Any) -> tuple[int, int, int]:
    """One to three numbers as three."""
    found = (numbers,) if isinstance(numbers, int) else tuple(numbers)
    return (*found, *(1,) * (3 - len(found)))  # pyright: ignore


def past(operand: Operand, nbytes: int) -> Address:
    """An address so many bytes from the first of an operand."""
    return Address(operand.address + nbytes)
