"""Arrays on a device, for tests: put there with their strides as they are, and taken back."""

import ctypes

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.lib.stride_tricks import as_strided

from knetengine.gpu.drivers.interface import Address, Driver
from knetengine.gpu.kernels.operand import Operand, bounds, contiguous


class Board:
    """Blocks of a driver, all given back by `clear`."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.blocks: list[Address] = []

    def scratch(self, nbytes: int) -> Address:
        """A block filled with bytes that are no sensible number of any type."""
        block = self.driver.allocate(max(1, nbytes))
        self.driver.fill(block, 0xA5, max(1, nbytes))
        self.blocks.append(block)
        return block

    def put(self, array: np.ndarray) -> Operand:
        """An array with the same strides, and with what lies between its entries.

        A NumPy scalar, whose memory is gone as soon as one has its address, is refused.
        """
        if not isinstance(array, np.ndarray):
            raise TypeError(f"put: {array!r} is no array; give np.asarray of it")
        low, high = byte_bounds(array) if array.size else (0, 0)
        block = self.scratch(high - low)
        if array.size:
            memory = (ctypes.c_uint8 * (high - low)).from_address(low)
            self.driver.to_device(block, np.frombuffer(memory, np.uint8).copy())
        start = array.__array_interface__["data"][0] - low if array.size else 0
        return Operand(Address(block + start), array.shape, array.strides, array.dtype)

    def empty(self, shape: tuple[int, ...], dtype: object) -> Operand:
        """Room for an array, contiguous, filled with rubbish."""
        dtype = np.dtype(dtype)  # pyright: ignore
        return contiguous(self.scratch(int(np.prod(shape)) * dtype.itemsize), shape, dtype)

    def get(self, operand: Operand) -> np.ndarray:
        """A copy of what a device has."""
        self.driver.synchronize()
        if operand.size == 0:
            return np.empty(operand.shape, operand.dtype)
        low, high = bounds(operand)
        memory = np.empty(high - low, np.uint8)
        self.driver.to_host(memory, Address(low))
        first = memory[operand.address - low :][: operand.dtype.itemsize].view(operand.dtype)
        return as_strided(first, operand.shape, operand.strides).copy()

    def clear(self) -> None:
        """Give all blocks back."""
        self.driver.synchronize()
        while self.blocks:
            self.driver.release(self.blocks.pop())
