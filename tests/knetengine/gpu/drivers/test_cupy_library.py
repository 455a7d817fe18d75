"""CuPy's functions by its driver: on which device and stream, over which memory, by which names."""

import gc
import importlib.util
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine.gpu import KnetArray, backends
from knetengine.gpu.backends import add_device
from knetengine.gpu.device import calling, library
from knetengine.gpu.device.backend import DeviceBackend
from knetengine.gpu.device.stored import Stored
from knetengine.gpu.drivers.cupy_driver import CupyDriver
from knetengine.gpu.drivers.interface import DriverError
from knetengine.gpu.memory import Block
from tests.knetengine.gpu.drivers import library_signatures, numpy_library
from tests.knetengine.gpu.drivers.standin import StandIn
from tests.knetengine.gpu.host.host_driver import HostDriver

has_cupy = importlib.util.find_spec("cupy") is not None
real = pytest.mark.skipif(not has_cupy, reason="CuPy is not installed: pip install cupy-cuda12x")

A = np.random.default_rng(0).standard_normal((5, 5))


def address(k: KnetArray) -> int:
    return int(k.storage.operand.address)


def agree(found: Any, expected: np.ndarray) -> None:
    assert type(found) is KnetArray
    np.testing.assert_allclose(np.asarray(found), expected, 1e-10, 1e-10)


# By CuPy's driver


@pytest.fixture
def cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setenv("KNET_KERNEL_CACHE", str(tmp_path))
    found = StandIn(HostDriver(1 << 26))
    backend = DeviceBackend(CupyDriver(1, found, numpy_library), "cuda:1")
    monkeypatch.setitem(backends._made, "cuda:1", backend)
    return found


def test_it_works_on_the_device_and_stream_of_our_kernels(
    cuda: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda.current_stream, cuda.current_device = 5, 0  # as the user has left them
    seen: list[tuple[int, int]] = []
    real_call = numpy_library._call

    def call(*arguments: Any) -> Any:
        seen.append((cuda.current_device, cuda.current_stream))
        with cuda.host.device_memory.opened():
            return real_call(*arguments)

    monkeypatch.setattr(numpy_library, "_call", call)
    agree(np.linalg.inv(KnetArray(A, device="cuda:1")), np.linalg.inv(A))
    assert set(seen) == {(1, 0)}
    assert (cuda.current_device, cuda.current_stream) == (0, 5)


def test_an_error_of_the_device_names_the_function(
    cuda: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> Any:
        raise RuntimeError("CUSOLVER_STATUS_NOT_INITIALIZED")

    monkeypatch.setattr(numpy_library, "_call", fail)
    with pytest.raises(DriverError, match=r"^np.linalg.inv: CUSOLVER_\w+, on cuda:1"):
        np.linalg.inv(KnetArray(A, device="cuda:1"))
    assert cuda.current_device == 0


# CuPy's own arrays, which need no GPU until they are computed with


@pytest.fixture
def wheel() -> DeviceBackend:
    import cupy

    driver: Any = HostDriver()
    driver.library = cupy
    driver.current = lambda call, stream=0: nullcontext()
    backend = DeviceBackend(driver, "of the wheel")
    add_device("of the wheel", backend)
    return backend


@real
def test_cupy_s_arrays_are_over_our_memory(wheel: DeviceBackend) -> None:
    k = KnetArray(A, device="of the wheel")
    cupy = wheel.driver.library
    for seen in (k, k.T, k[1:, ::2], k[::-1], k[2], k[1, 1, ...]):
        inside: list[Any] = []
        library.Crossing(wheel).run("look", inside.append, seen.storage)
        (array,) = inside
        assert type(array) is cupy.ndarray
        assert array.data.ptr == address(seen)
        assert (array.shape, array.strides, array.dtype) == (seen.shape, seen.strides, seen.dtype)
        assert array.data.mem.ptr == int(k.memory.address)


@real
def test_what_cupy_gives_is_over_the_same_memory(wheel: DeviceBackend) -> None:
    k = KnetArray(A, device="of the wheel")
    cupy = wheel.driver.library

    def run(function: Any, *arguments: Any) -> Any:
        return library.Crossing(wheel).run("f", function, *arguments)

    turned: Stored = run(cupy.transpose, k.storage)
    agree(KnetArray.of(turned, wheel), A.T)
    assert turned.region is k.memory
    assert not turned.whole
    halves = run(cupy.split, k.storage, [2])
    for half, expected in zip(halves, np.split(A, [2]), strict=True):
        agree(KnetArray.of(half, wheel), expected)
    made: Stored = run(lambda: cupy.empty((3, 4), np.float32))
    assert type(made.region) is Block
    assert made.whole
    assert made.shape == (3, 4)
    memory = made.region
    del turned, halves
    gc.collect()
    assert not memory.is_free
    del made
    gc.collect()
    KnetArray.of(run(cupy.ravel, k.storage), wheel)[0] = 3
    assert float(k[0, 0]) == 3


@real
def test_functions_are_as_the_wheel_has_them() -> None:
    table = library_signatures.table()
    assert {name: library_signatures.in_the_wheel(name) for name in table} == table


@real
def test_the_file_has_all_that_numpy_and_the_wheel_have() -> None:
    import cupy
    from numpy.testing import overrides

    np.fft.fft  # noqa: B018  # which NumPy imports when it is asked for
    functions = overrides.get_overridable_numpy_array_functions()
    names = {calling.name_of(function) for function in functions}
    ufuncs = map(calling.name_of_ufunc, overrides.get_overridable_numpy_ufuncs())
    found = {name for name in {*names, *ufuncs} if calling.find(cupy, name)}
    assert found == set(library_signatures.table())
