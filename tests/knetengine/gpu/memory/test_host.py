"""Memory of the host, and NumPy arrays on it."""

import gc
import os
from typing import Any

import numpy as np
import psutil
import pytest

from knetengine.gpu.drivers.interface import DeviceOutOfMemoryError
from knetengine.gpu.memory import HostMemory, OutOfMemoryError, Pool, array_on, block_of

MIB = 1 << 20


def test_pages_come_and_go() -> None:
    memory, process = HostMemory(), psutil.Process(os.getpid())
    before = process.memory_info().rss
    address = memory.allocate(64 * MIB)
    assert address % 4096 == 0
    assert process.memory_info().rss - before < 8 * MIB  # nothing is there until it is touched
    pool = Pool(memory)
    array = array_on(pool.allocate(64 * MIB), (64 * MIB,), np.uint8)
    assert not array.any()
    array[:] = 1
    assert process.memory_info().rss - before > 60 * MIB
    del array
    pool.release_cached()
    memory.release(address)
    assert process.memory_info().rss - before < 8 * MIB
    with pytest.raises(KeyError):
        memory.release(address)


@pytest.mark.parametrize("nbytes", [1 << 60, 1 << 70])
def test_too_much_is_out_of_memory(nbytes: int) -> None:
    with pytest.raises(DeviceOutOfMemoryError, match=f"the host has no {nbytes:,} bytes"):
        HostMemory().allocate(nbytes)
    pool = Pool(HostMemory())
    with pytest.raises(OutOfMemoryError):
        pool.allocate(nbytes)
    array = array_on(pool.allocate(8), (1,), np.float64)
    array[0] = 3.0
    assert array[0] == 3.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, np.int64, bool])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (5,), (2, 3, 4)])
def test_an_array_is_numpys_own(shape: tuple[int, ...], dtype: Any) -> None:
    size = int(np.prod(shape))
    array = array_on(Pool(HostMemory()).allocate(size * np.dtype(dtype).itemsize), shape, dtype)
    assert type(array) is np.ndarray
    assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.flags.aligned
    expected = (np.arange(size).reshape(shape) % 2).astype(dtype)
    array[...] = expected
    np.testing.assert_array_equal(array, expected)
    np.testing.assert_array_equal(array.copy(), expected)


def test_views_keep_the_block() -> None:
    pool = Pool(HostMemory())
    array = array_on(pool.allocate(80), (10,), np.float64)
    array[:] = np.arange(10)
    view = array[2:].reshape(2, 4).T[1:]
    del array
    gc.collect()
    other = array_on(pool.allocate(80), (10,), np.float64)
    other[:] = -1
    assert view.tolist() == [[3, 7], [4, 8], [5, 9]]
    assert pool.stats().blocks == 2
    del view
    assert pool.stats().blocks == 1


def test_the_block_of_an_array() -> None:
    pool = Pool(HostMemory())
    block = pool.allocate(80)
    array = array_on(block, (10,), np.float64)
    for view in (array, array[2:].reshape(2, 4).T[1:], array[3, ...], array.view(np.int64)):
        assert block_of(view) is block
    assert block_of(array.copy()) is None
    assert block_of(np.zeros(3)[1:]) is None
    assert block_of(np.frombuffer(b"12345678")) is None


def test_a_block_keeps_its_memory_when_the_pool_is_gone() -> None:
    array = array_on(Pool(HostMemory()).allocate(8 * MIB), (MIB,), np.int64)
    gc.collect()
    array[:] = 7
    assert (array == 7).all()


def test_an_array_from_a_byte_on() -> None:
    pool = Pool(HostMemory())
    block = pool.allocate(100)
    whole = array_on(block, (100,), np.uint8)
    whole[:] = 0
    array_on(block, (2,), np.int32, offset=92)[:] = -1
    assert np.flatnonzero(whole).tolist() == list(range(92, 100))
    for shape, offset in (((26,), 0), ((2,), 93), ((1,), -1), ((1,), 101)):
        with pytest.raises(ValueError, match="does not fit in a block of 100 bytes"):
            array_on(block, shape, np.int32, offset)


def test_a_forked_child_does_not_write_into_the_parents_memory() -> None:
    array = array_on(Pool(HostMemory()).allocate(8), (1,), np.int64)
    array[0] = 1
    child = os.fork()
    if child == 0:
        array[0] = 2
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert array[0] == 1
