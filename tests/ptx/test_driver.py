"""The emulator behind the protocol that the library's own drivers have."""

from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import Address, Driver, DriverError, Product
from tests.ptx.driver import PtxDriver
from tests.ptx.faults import Fault
from tests.ptx.snippets import NEEDS_NVRTC, every_architecture

AXPY = """
extern "C" __global__ void kn_axpy(const TYPE* x, TYPE* y, TYPE a, long long n) {
  long long t = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (t < n) y[t] += a * x[t];
}
"""


def device_array(driver: Driver, array: np.ndarray) -> Address:
    address = driver.allocate(max(array.nbytes, 1))
    driver.to_device(address, array)
    return address


@NEEDS_NVRTC
@every_architecture
def test_a_kernel_from_source_to_result(architecture: int) -> None:
    driver: Driver = PtxDriver(architecture)
    assert driver.properties().architecture == architecture
    function = driver.function(driver.load(AXPY, ["-DTYPE=double"]), "kn_axpy")
    assert function[0] is driver.load(AXPY, ("-DTYPE=double",))
    x, y = np.arange(100.0), np.ones(100)
    a, b = device_array(driver, x), device_array(driver, y)
    stream = driver.stream()
    driver.launch(
        function, (4, 1, 1), (32, 1, 1), [a, b, np.float64(3), np.int64(100)], stream=stream
    )
    driver.synchronize()
    found = np.empty(100)
    driver.to_host(found, b)
    np.testing.assert_array_equal(found, 3 * x + y)
    with pytest.raises(TypeError, match="argument 3 is 100, a int; give an Address or a NumPy"):
        driver.launch(function, (4, 1, 1), (32, 1, 1), [a, b, np.float64(3), 100])
    with pytest.raises(Fault, match=r"argument 2 .* has 4 bytes, the kernel's parameter 8"):
        driver.launch(function, (4, 1, 1), (32, 1, 1), [a, b, np.float32(3), np.int64(100)])
    with pytest.raises(DriverError, match=r"error: .*TYPE"):
        driver.load(AXPY)


def test_memory_is_counted_and_given_back() -> None:
    driver = PtxDriver(total_bytes=1 << 20)
    free, total = driver.memory()
    assert free == total == 1 << 20
    address = driver.allocate(1000)
    assert address % 256 == 0
    assert driver.memory() == (total - 1000, total)
    driver.fill(address, 7, 1000)
    other = driver.allocate(8)
    driver.copy(other, Address(address + 4), 8)
    found = np.empty(8, "u1")
    driver.to_host(found, other)
    assert set(found.tolist()) == {7}
    driver.release(address)
    driver.release(other)
    assert driver.memory() == (total, total)
    with pytest.raises(MemoryError):
        driver.allocate(2 << 20)
    with pytest.raises(DriverError, match="at least 1 byte"):
        driver.allocate(0)
    with pytest.raises(DriverError, match="not contiguous"):
        driver.to_device(driver.allocate(80), np.zeros((4, 5))[:, ::2])
    with pytest.raises(DriverError, match="not contiguous"):
        driver.to_host(np.zeros((4, 4))[:, ::2], driver.allocate(64))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("transposed", [(a, b) for a in (False, True) for b in (False, True)])
def test_products(dtype: str, transposed: tuple[bool, bool]) -> None:
    """Matrices with room between rows and between each other, one of them shared by the batch."""
    driver = PtxDriver(total_bytes=1 << 20)
    generator = np.random.default_rng(0)
    batch, m, n, k = 3, 4, 5, 6
    shapes = ((k, m) if transposed[0] else (m, k), (n, k) if transposed[1] else (k, n), (m, n))
    rows = tuple(shape[1] + 2 for shape in shapes)
    sizes = [shape[0] * row for shape, row in zip(shapes, rows, strict=True)]
    stores = [generator.standard_normal((batch, size)).astype(dtype) for size in sizes]
    addresses = [device_array(driver, store) for store in stores]
    product = Product(
        np.dtype(dtype),
        (batch, m, n, k),
        transposed,
        rows,  # type: ignore[arg-type]
        (sizes[0], 0, sizes[2]),
        0.5,
        2.0,
    )
    driver.multiply(product, *addresses)
    a, b, c = (
        store.reshape(batch, -1, row)[:, : shape[0], : shape[1]].astype("f8")
        for store, shape, row in zip(stores, shapes, rows, strict=True)
    )
    a = a.swapaxes(1, 2) if transposed[0] else a
    b = b[:1].swapaxes(1, 2) if transposed[1] else b[:1]
    found = np.empty_like(stores[2])
    driver.to_host(found, addresses[2])
    found = found.reshape(batch, -1, rows[2])
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(found[:, :, :n], 0.5 * (a @ b) + 2 * c, atol=20 * eps)
    untouched = stores[2].reshape(batch, -1, rows[2])[:, :, n:]
    np.testing.assert_array_equal(found[:, :, n:], untouched)


def test_products_read_only_what_is_there() -> None:
    driver = PtxDriver(total_bytes=1 << 20)
    four: Any = np.dtype("f4")
    a, b, c = (driver.allocate(64) for _ in range(3))
    product = Product(four, (1, 4, 4, 4), (False, False), (4, 4, 4), (0, 0, 0))
    driver.fill(a, 0, 64)
    with pytest.raises(Fault, match=r"uninitialised: multiply reads b\[0, 0, 0\]"):
        driver.multiply(product, a, b, c)
    driver.fill(b, 0, 64)
    driver.multiply(product, a, b, c)  # beta is 0: c need not have been written
    found = np.ones((4, 4), four)
    driver.to_host(found, c)
    assert not found.any()
    with pytest.raises(Fault, match="out of bounds: multiply: a"):
        driver.multiply(product._replace(rows=(5, 4, 4)), a, b, c)
    driver.multiply(product._replace(shape=(1, 0, 4, 4)), a, b, c)
    driver.multiply(product._replace(shape=(1, 4, 4, 0)), a, b, c)


def test_streams_are_known_until_they_are_closed() -> None:
    driver = PtxDriver(total_bytes=1 << 16)
    stream = driver.stream()
    event = driver.event(stream)
    driver.wait(0, event)
    assert driver.has_happened(event)
    driver.synchronize(stream)
    driver.close_stream(stream)
    address = driver.allocate(16)
    for call in (
        lambda: driver.close_stream(stream),
        lambda: driver.fill(address, 0, 16, stream),
        lambda: driver.event(stream),
        lambda: driver.synchronize(stream),
    ):
        with pytest.raises(DriverError, match="stream 2: it was not made here"):
            call()
    with pytest.raises(DriverError, match="the default stream stays"):
        driver.close_stream(0)
