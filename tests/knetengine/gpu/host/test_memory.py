"""The device's memory: fenced off from the host, in blocks with gaps between them."""

import random
import subprocess
import sys

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import (
    Address,
    DeviceOutOfMemoryError,
    DriverError,
)
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.host.sanitized import ROOT
from tests.knetengine.gpu.host.snippets import Bench, past


def test_bytes_come_and_go(bench: Bench) -> None:
    driver = bench.driver
    x = np.arange(1000, dtype=np.float32).reshape(10, 100)
    a, b = driver.allocate(x.nbytes), driver.allocate(x.nbytes)
    driver.to_device(a, x)
    driver.copy(b, a, x.nbytes)
    driver.fill(a, 0xFF, 400)
    back = np.empty_like(x)
    driver.to_host(back, b)
    np.testing.assert_array_equal(back, x)
    driver.to_host(back, a)
    assert np.isnan(back[0]).all()
    np.testing.assert_array_equal(back[1:], x[1:])
    row = np.empty(100, np.float32)
    driver.to_host(row, Address(b + 400))
    np.testing.assert_array_equal(row, x[1])


def test_addresses_are_aligned_and_apart(bench: Bench) -> None:
    """Thousand blocks, in any order given back: no overlap, and all bytes come back."""
    driver = bench.driver
    rng = random.Random(3)
    held: dict[int, int] = {}
    for _ in range(1000):
        if held and rng.random() < 0.5:
            address = rng.choice(list(held))
            driver.release(Address(address))
            del held[address]
        else:
            nbytes = rng.randint(1, 5000)
            address = driver.allocate(nbytes)
            assert address % 256 == 0
            assert all(address >= a + n or address + nbytes <= a for a, n in held.items())
            held[address] = nbytes
        free, total = driver.memory()
        assert total - free == sum(held.values())
    for address in held:
        driver.release(Address(address))
    assert driver.memory() == (1 << 24, 1 << 24)


def test_there_is_so_much_and_no_more() -> None:
    driver = HostDriver(1 << 20)
    half = driver.allocate(1 << 19)
    other = driver.allocate(1 << 19)
    with pytest.raises(DeviceOutOfMemoryError, match="has no 1 bytes left of 1048576; 0 are free"):
        driver.allocate(1)
    driver.release(half)
    driver.release(driver.allocate(1 << 19))
    driver.release(other)
    with pytest.raises(DriverError, match="nbytes is 0"):
        driver.allocate(0)
    with pytest.raises(DriverError, match="is no block's address"):
        driver.release(other)
    with pytest.raises(DriverError, match="is no block's address"):
        driver.release(Address(driver.allocate(300) + 256))


def test_the_host_cannot_use_device_memory() -> None:
    """A child reads it through a pointer, as NumPy would, and dies of it."""
    program = """
import ctypes, numpy as np
from tests.knetengine.gpu.host.host_driver import HostDriver
driver = HostDriver(1 << 20)
block = driver.allocate(64)
driver.to_device(block, np.arange(16, dtype='f'))
print('before', flush=True)
array = np.frombuffer((ctypes.c_float * 16).from_address(block), 'f')
print(array.sum())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "before\n", done.stderr
    assert done.returncode == -11


def test_copies_stay_inside_of_blocks(bench: Bench) -> None:
    driver = bench.driver
    x = np.zeros(16, np.float32)
    a = driver.allocate(64)
    for call in (
        lambda at: driver.to_device(at, x),
        lambda at: driver.to_host(x, at),
        lambda at: driver.fill(at, 0, 64),
        lambda at: driver.copy(at, driver.allocate(64), 64),
        lambda at: driver.copy(driver.allocate(64), at, 64),
    ):
        call(a)
        for wrong in (Address(a + 4), Address(a - 4), Address(4096)):
            with pytest.raises(
                DriverError, match=r"64 bytes at address .* are not all of one block"
            ):
                call(wrong)
    with pytest.raises(DriverError, match=r"16 bytes at .* and .* overlap"):
        driver.copy(a, Address(a + 8), 16)
    with pytest.raises(DriverError, match=r"strides \(8,\) for shape \(8,\)"):
        driver.to_device(a, x[::2])
    with pytest.raises(DriverError, match=r"only contiguous arrays"):
        driver.to_host(x[::2], a)
    with pytest.raises(DriverError, match="byte is 256"):
        driver.fill(a, 256, 4)


COPY = """
extern "C" __global__ void kn_test(float* to, const float* from) {
    to[threadIdx.x] = from[threadIdx.x];
}
"""


def test_what_is_not_the_device_s_is_not_read(bench: Bench) -> None:
    out = bench.put(np.zeros(4, np.float32))
    for wrong in (Address(0), Address(4096)):
        with pytest.raises(DriverError, match=r"thread \(0, 0, 0\): used an address that is not"):
            bench.launch(COPY, out, wrong, block=4)
    bench.launch(COPY, out, out, block=4)


def test_a_write_behind_a_block_is_found_when_the_launch_is_over(bench: Bench) -> None:
    """Without AddressSanitizer, too; a read there gives NaN."""
    x, out = bench.put(np.arange(5, dtype=np.float32)), bench.put(np.zeros(4, np.float32))
    with pytest.raises(DriverError, match=r"kn_test wrote to address .*, 0 bytes past the end of"):
        bench.launch(COPY, out, x, block=5)
    bench.launch(COPY, out, past(x, 8), block=4)
    np.testing.assert_array_equal(bench.get(out), [2, 3, 4, np.nan])


def test_new_and_old_blocks_are_full_of_nan(bench: Bench) -> None:
    block = bench.driver.allocate(64)
    found = np.empty(16, np.float32)
    bench.driver.to_host(found, block)
    assert np.isnan(found).all()
    out = bench.put(np.zeros(4, np.float32))
    stale = bench.put(np.ones(4, np.float32))
    bench.driver.release(stale.address)
    bench.board.blocks.remove(stale.address)
    bench.launch(COPY, out, stale, block=4)  # ASan says use after free; here it is NaN
    assert np.isnan(bench.get(out)).all()


def test_drivers_are_apart() -> None:
    one, two = HostDriver(1 << 20), HostDriver(1 << 20)
    block = one.allocate(64)
    with pytest.raises(DriverError, match="not of this device"):
        two.fill(block, 0, 64)
    with pytest.raises(DriverError, match="not of this device"):
        two.release(block)


def test_properties_are_those_of_a_device(bench: Bench) -> None:
    found = bench.driver.properties()
    assert (found.name, found.total_bytes, found.threads_per_block) == ("host", 1 << 24, 1024)
    assert found.architecture >= 75


# Order


def test_streams_and_events_are_known_or_refused(bench: Bench) -> None:
    driver = bench.driver
    stream = driver.stream()
    event = driver.event(stream)
    driver.wait(0, event)
    assert driver.has_happened(event)
    driver.synchronize(stream)
    driver.synchronize()
    driver.close_stream(stream)
    for call in (
        lambda: driver.event(stream),
        lambda: driver.synchronize(stream),
        lambda: driver.fill(driver.allocate(4), 0, 4, stream),
        lambda: driver.close_stream(stream),
        lambda: driver.wait(stream, event),
    ):
        with pytest.raises(DriverError, match="there is no stream"):
            call()
    with pytest.raises(DriverError, match="there is no event"):
        driver.has_happened(stream)
    with pytest.raises(DriverError, match="is never closed"):
        driver.close_stream(0)
