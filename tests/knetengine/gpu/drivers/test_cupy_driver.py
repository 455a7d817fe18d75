"""The CUDA driver's calls: each fits CuPy's signature, and each asks for what it means to."""

import gc
import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers import cupy_driver
from knetengine.gpu.drivers.cupy_driver import CupyDriver
from knetengine.gpu.drivers.interface import (
    Address,
    DeviceOutOfMemoryError,
    Driver,
    DriverError,
    Product,
)
from knetengine.gpu.kernels import copying, elementwise, indexing, reductions
from tests.knetengine.gpu.drivers import signatures
from tests.knetengine.gpu.drivers.standin import StandIn
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.kernels import chosen
from tests.knetengine.gpu.kernels.board import Board

has_cupy = importlib.util.find_spec("cupy") is not None
real = pytest.mark.skipif(not has_cupy, reason="CuPy is not installed: pip install cupy-cuda12x")


@pytest.fixture
def cuda() -> StandIn:
    return StandIn(HostDriver(1 << 26))


@pytest.fixture
def driver(cuda: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CupyDriver:
    monkeypatch.setenv("KNET_KERNEL_CACHE", str(tmp_path))
    return CupyDriver(1, cuda)


# The signatures


@real
@pytest.mark.parametrize("name", signatures.table())
def test_what_the_driver_uses_is_as_the_wheel_has_it(name: str) -> None:
    assert signatures.in_the_wheel(name) == signatures.table()[name]


@real
def test_the_wheel_is_of_a_version_that_is_supported() -> None:
    found = [
        d.version for d in importlib.metadata.distributions() if d.name.startswith("cupy-cuda")
    ]
    assert int(found[0].split(".")[0]) >= 14


@real
def test_without_a_gpu_the_driver_says_so() -> None:
    import cupy

    if cupy.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(DriverError, match=r"properties: cudaError.*, on cuda:0"):
        CupyDriver()


def test_without_cupy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(cupy_driver.importlib, "import_module", missing)
    with pytest.raises(DriverError, match=r"No module named 'cupy'; install knet-tui\[cuda12\]"):
        CupyDriver()


def test_calls_that_do_not_fit_are_noticed(cuda: StandIn) -> None:
    """The check itself: a width, a kind, a number of arguments, a name."""
    for call, arguments in (
        (cuda.runtime.malloc, (-1,)),
        (cuda.runtime.setDevice, (2**31,)),
        (cuda.driver.moduleGetFunction, (1, b"name")),
        (cuda.runtime.memGetInfo, (0,)),
        (cuda.runtime.memcpyAsync, (1, 2, 3, 4)),
    ):
        with pytest.raises(AssertionError):
            call(*arguments)
    with pytest.raises(TypeError, match="integer"):
        cuda.runtime.malloc("4")
    with pytest.raises(KeyError, match="mallocManaged"):
        _ = cuda.runtime.mallocManaged


def test_every_signature_of_the_file_is_used() -> None:
    text = "".join(
        (Path(cupy_driver.__file__).parents[1] / name).read_text()
        for name in ("drivers/cupy_driver.py", "drivers/compilation.py", "device/library.py")
    )
    for name in signatures.table():
        assert name.rpartition(".")[2] in text, name


# Memory


def test_bytes_come_and_go(driver: CupyDriver, cuda: StandIn) -> None:
    x = np.arange(300, dtype=np.float32).reshape(10, 30)
    a, b = driver.allocate(x.nbytes), driver.allocate(x.nbytes)
    assert isinstance(a, Address)
    driver.to_device(a, x)
    driver.copy(b, a, x.nbytes)
    driver.fill(a, 0xFF, 40)
    back = np.empty_like(x)
    driver.to_host(back, b)
    np.testing.assert_array_equal(back, x)
    driver.to_host(back, a)
    assert np.isnan(back.reshape(-1)[:10]).all()
    free, total = driver.memory()
    assert total - free == 2 * x.nbytes
    driver.release(a)
    driver.release(b)
    assert driver.memory() == (total, total)
    assert cuda.current_device == 0  # as the caller had it


def test_running_out_of_memory_is_an_error_of_its_own(driver: CupyDriver) -> None:
    with pytest.raises(DeviceOutOfMemoryError, match=r"allocate of 1073741824 bytes: .*cuda:1"):
        driver.allocate(1 << 30)
    with pytest.raises(DriverError, match="nbytes is 0"):
        driver.allocate(0)
    with pytest.raises(DriverError, match="release: status 1, on cuda:1"):
        driver.release(Address(256))


def test_only_contiguous_arrays_are_copied(driver: CupyDriver) -> None:
    block, x = driver.allocate(64), np.zeros((4, 4), np.float32)
    with pytest.raises(DriverError, match=r"to_device: source has strides \(4, 16\)"):
        driver.to_device(block, x.T)
    with pytest.raises(DriverError, match="to_host: target has strides"):
        driver.to_host(x[:, ::2], block)


def test_the_device_is_described(driver: CupyDriver) -> None:
    found = driver.properties()
    assert found == ("a stand-in", 90, 1 << 26, 4, 1024, 49152)
    with pytest.raises(DriverError, match="properties: status 101, on cuda:5"):
        CupyDriver(5, StandIn(HostDriver(1 << 20)))


# Kernels

SOURCE = """
struct Pair { int a; long long b; };
extern "C" __global__ void kn_test(double* out, int i, unsigned long long u, float f, double d,
                                   signed char c, Pair pair) {
    const int k = blockIdx.x * blockDim.x + threadIdx.x;
    out[k] = i + u + f + d + c + pair.a + pair.b + N * k;
}
"""
PAIR = np.dtype([("a", "<i4"), ("b", "<i8")], align=True)


def test_arguments_go_by_their_widths(driver: CupyDriver) -> None:
    function = driver.function(driver.load(SOURCE, ("-DN=1000",)), "kn_test")
    out = driver.allocate(6 * 8)
    arguments = [
        out, np.int32(-3), np.uint64(40), np.float32(0.5), np.float64(0.25), np.int8(-5),
        np.array((7, 2**20), PAIR),
    ]  # fmt: skip
    driver.launch(function, (2, 1, 1), (3, 1, 1), arguments)
    result = np.empty(6)
    driver.to_host(result, out)
    np.testing.assert_array_equal(result, 39.75 + 2**20 + 1000 * np.arange(6))
    for wrong in (3, 0.5, None, "x", np.zeros(2, np.int32)):
        with pytest.raises(TypeError, match="argument 1 is"):
            driver.launch(function, (1, 1, 1), (1, 1, 1), [out, wrong])  # pyright: ignore
    with pytest.raises(DriverError, match="no extent may be 0"):
        driver.launch(function, (0, 1, 1), (3, 1, 1), arguments)


def test_a_source_is_compiled_once_and_kept_in_a_file(
    driver: CupyDriver, cuda: StandIn, tmp_path: Path
) -> None:
    def compilations() -> int:
        return sum(name == "compileProgram" for name, _ in cuda.calls)

    module = driver.load(SOURCE, ("-DN=1",))
    assert driver.load(SOURCE, ("-DN=1",)) == module
    assert compilations() == 1
    options = next(a[1] for name, a in cuda.calls if name == "compileProgram")
    assert options == ("-std=c++17", "-arch=sm_90", "-DN=1")
    CupyDriver(0, cuda).load(SOURCE, ("-DN=1",))
    assert compilations() == 1
    assert len(list(tmp_path.iterdir())) == 1
    driver.load(SOURCE, ("-DN=2",))
    assert compilations() == 2


def test_a_folder_that_cannot_be_written_is_done_without(
    driver: CupyDriver, cuda: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("KNET_KERNEL_CACHE", str(tmp_path / "file"))
    driver.load(SOURCE, ("-DN=1",))
    CupyDriver(0, cuda).load(SOURCE, ("-DN=1",))
    assert sum(name == "compileProgram" for name, _ in cuda.calls) == 2


def test_a_newer_device_gets_ptx_and_an_older_one_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNET_KERNEL_CACHE", str(tmp_path))
    newer = StandIn(HostDriver(1 << 20), architecture=121)
    CupyDriver(0, newer).load(SOURCE, ("-DN=1",))
    names = [name for name, _ in newer.calls]
    assert "getPTX" in names
    assert "getCUBIN" not in names
    options = next(a[1] for name, a in newer.calls if name == "compileProgram")
    assert options[1] == "-arch=compute_100"
    with pytest.raises(DriverError, match="the device is of 70; install another CuPy"):
        CupyDriver(0, StandIn(HostDriver(1 << 20), architecture=70)).load(SOURCE)


def test_the_compiler_s_words_are_in_the_error(driver: CupyDriver, cuda: StandIn) -> None:
    with pytest.raises(DriverError, match="nowhere"):
        driver.load('extern "C" __global__ void kn_test(int* p) { p[0] = nowhere; }')
    assert cuda.calls[-1][0] == "destroyProgram"


# Products


@pytest.mark.parametrize("letter", "efd")
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("shape", [(1, 3, 4, 5), (6, 1, 2, 3), (2, 4, 1, 7), (3, 2, 5, 0)])
def test_products_are_those_of_the_host_driver(
    driver: CupyDriver, cuda: StandIn, letter: str, transposed: Any, shape: Any
) -> None:
    rng = np.random.default_rng(0)
    batch, m, n, k = shape
    a, b, c = (
        rng.integers(-4, 5, (batch, rows, width + 2)).astype(letter)
        for rows, width in (
            (k, m) if transposed[0] else (m, k), (n, k) if transposed[1] else (k, n), (m, n)
        )
    )  # fmt: skip
    rows, steps = (
        tuple(f(x) for x in (a, b, c)) for f in (lambda x: x.shape[2], lambda x: x[0].size)
    )
    product = Product(np.dtype(letter), shape, transposed, rows, steps, alpha=0.5, beta=2.0)
    board = Board(driver)
    results: list[np.ndarray] = []
    for each in (driver, cuda.host):
        there = [board.put(x) for x in (a, b, c)]
        each.multiply(product, *(x.address for x in there))
        results.append(board.get(there[2]))
    np.testing.assert_array_equal(*results)
    assert (results[0] != c).any()
    assert cuda.pointer_mode == 1  # as it was


def test_products_go_to_their_stream_and_empty_ones_nowhere(
    driver: CupyDriver, cuda: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    real = cuda._multiply
    monkeypatch.setitem(
        cuda.cublas._own, "gemmStridedBatchedEx",
        lambda *a: (seen.append(cuda.current_stream), real(*a)),
    )  # fmt: skip
    a = Board(driver).put(np.ones((2, 2), "f"))
    out = Board(driver).put(np.ones((2, 2), "f"))
    product = Product(np.dtype("f"), (1, 2, 2, 2), (False, False), (2, 2, 2), (4, 4, 4))
    stream = driver.stream()
    for chosen_stream in (0, stream):
        driver.multiply(product, a.address, a.address, out.address, chosen_stream)
    empty = product._replace(shape=(0, 2, 2, 2))
    driver.multiply(empty, a.address, a.address, out.address)
    assert seen == [0, stream]
    with pytest.raises(DriverError, match="dtype is int32"):
        driver.multiply(product._replace(dtype=np.dtype("i")), *(a.address,) * 3)


def test_a_missing_cublas_is_said(driver: CupyDriver) -> None:
    class WithoutBlas:
        @property
        def cublas(self) -> Any:
            raise ImportError("no libcublas.so.12")

    driver._cuda = WithoutBlas()
    product = Product(np.dtype("f"), (1, 1, 1, 1), (False, False), (1, 1, 1), (1, 1, 1))
    with pytest.raises(DriverError, match=r"no libcublas.so.12; pip install nvidia-cublas"):
        driver.multiply(product, *(Address(256),) * 3)


# Order


def test_streams_and_events(driver: CupyDriver, cuda: StandIn) -> None:
    stream = driver.stream()
    event = driver.event(stream)
    driver.wait(0, event)
    cuda.happened = False
    assert not driver.has_happened(event)
    cuda.happened = True
    assert driver.has_happened(event)
    driver.synchronize(stream)
    driver.synchronize()
    driver.close_stream(stream)
    with pytest.raises(DriverError, match="there is no stream"):
        driver.synchronize(stream)


def test_events_are_used_again(driver: CupyDriver, cuda: StandIn) -> None:
    for _ in range(5):
        event = driver.event()
        assert driver.has_happened(event)
        del event
        gc.collect()
    kept = [driver.event() for _ in range(3)]
    made = [name for name, _ in cuda.calls].count("eventCreateWithFlags")
    assert made == 3
    assert len({each.pointer for each in kept}) == 3


def test_an_error_of_an_event_is_raised(
    driver: CupyDriver, cuda: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = driver.event()
    monkeypatch.setitem(cuda.runtime._own, "eventQuery", lambda pointer: 700)
    with pytest.raises(DriverError, match="has_happened: status 700"):
        driver.has_happened(event)


# All of it together


def test_it_is_a_driver(driver: CupyDriver) -> None:
    """Every call of the protocol, by type checker and by name."""
    same: Driver = driver
    names = [n for n in vars(Driver) if not n.startswith("_") and callable(getattr(Driver, n))]
    assert all(callable(getattr(same, name)) for name in names)
    assert len(names) >= 18


def test_kernels_run_through_it(driver: CupyDriver) -> None:
    board = Board(driver)
    x = np.arange(60, dtype="f").reshape(5, 12)
    there, out = board.put(x), board.empty((12, 5), "f")
    elementwise.binary(driver, "multiply", there._replace(shape=(12, 5), strides=(4, 48)), 2, out)
    np.testing.assert_array_equal(board.get(out), 2 * x.T)
    total = board.empty((12,), "f")
    reductions.reduce(driver, "sum", there, (0,), total, scratch=board.scratch)
    np.testing.assert_array_equal(board.get(total), x.sum(0))
    index = board.put(np.array([4, 0, 4]))
    rows = board.empty((3, 12), "f")
    indexing.gather(driver, there, [index], rows)
    np.testing.assert_array_equal(board.get(rows), x[[4, 0, 4]])
    whole = board.empty((8, 12), "f")
    copying.concatenate(driver, [there, rows], 0, whole, scratch=board.scratch)
    np.testing.assert_array_equal(board.get(whole), np.concatenate([x, x[[4, 0, 4]]]))
    board.clear()


@pytest.mark.parametrize("number", range(len(chosen.CHOSEN)))
def test_the_kernels_own_tests_pass_through_it(driver: CupyDriver, number: int) -> None:
    test, *arguments = chosen.CHOSEN[number]
    board = Board(driver)
    test(board, *arguments)
    board.clear()
