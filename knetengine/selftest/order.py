"""Streams, events and graphs: what a device is given waits for what it is to wait for."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from knetengine.gpu.device.stored import Stored
from knetengine.gpu.drivers.interface import Driver, Handle
from knetengine.gpu.kernels import elementwise
from knetengine.gpu.memory import Pool
from knetengine.selftest.checks import Place, check
from knetengine.selftest.comparing import Comparison, UnavailableError

STREAMS = "streams"
GRAPHS = "graphs"

_NOT_SUPPORTED = 801  # cudaErrorNotSupported


@contextmanager
def _streams(driver: Driver, count: int) -> Generator[list[Handle]]:
    made = [driver.stream() for _ in range(count)]
    try:
        yield made
    finally:
        for stream in made:
            driver.close_stream(stream)


def _entries(place: Place) -> int:
    """So many that a real device is at work when the next is asked of it."""
    return 1 << 20 if place.is_cuda else 1 << 12


def _all(place: Place, value: float) -> np.ndarray:
    return np.full(_entries(place), value, np.float32)


def _numbers(place: Place, value: float) -> Stored:
    return place.device.upload(_all(place, value))


def _add_one(driver: Driver, x: Stored, stream: Handle, times: int = 1) -> None:
    for _ in range(times):
        elementwise.binary(driver, "add", x.operand, 1.0, x.operand, stream=stream)


@check(STREAMS, "a stream waits for the event of another")
def _event(place: Place, comparison: Comparison) -> None:
    driver = place.driver
    x, y = _numbers(place, 0), _numbers(place, -1)
    driver.synchronize()
    with _streams(driver, 2) as (first, second):
        for round_ in range(1, 6):
            _add_one(driver, x, first, 100)
            driver.wait(second, driver.event(first))
            nbytes = y.operand.size * 4
            driver.copy(y.operand.address, x.operand.address, nbytes, second)
            driver.wait(first, driver.event(second))  # before x changes again
            found = np.empty(_entries(place), np.float32)
            driver.to_host(found, y.operand.address, second)
            comparison.near(f"after {100 * round_} launches", found, _all(place, 100.0 * round_))


@check(STREAMS, "an event has happened once its stream is done")
def _happened(place: Place, comparison: Comparison) -> None:
    driver = place.driver
    x = _numbers(place, 0)
    driver.synchronize()
    with _streams(driver, 1) as (stream,):
        _add_one(driver, x, stream, 50)
        event = driver.event(stream)
        driver.synchronize(stream)
        comparison.holds("has happened", driver.has_happened(event), True)
    comparison.near("and what it stands for", place.device.download(x), _all(place, 50))


@check(STREAMS, "two streams at once")
def _two(place: Place, comparison: Comparison) -> None:
    driver = place.driver
    x, y = _numbers(place, 0), _numbers(place, 1000)
    driver.synchronize()
    with _streams(driver, 2) as (first, second):
        for _ in range(100):
            _add_one(driver, x, first)
            _add_one(driver, y, second)
    comparison.near("the first's", place.device.download(x), _all(place, 100))
    comparison.near("the second's", place.device.download(y), _all(place, 1100))


@check(STREAMS, "the pool lets a stream wait for the last user of a block")
def _pool(place: Place, comparison: Comparison) -> None:
    driver = place.driver
    pool = Pool(driver, device=place.name, order=driver, limit=8 * _entries(place))
    source = _numbers(place, 7)
    driver.synchronize()
    with _streams(driver, 2) as (first, second):
        nbytes = source.operand.size * 4
        for _ in range(20):
            block = pool.allocate(nbytes, first)
            for _ in range(20):
                driver.copy(block.address, source.operand.address, nbytes, first)
            del block
            again = pool.allocate(nbytes, second)
            driver.fill(again.address, 0, nbytes, second)
            found = np.empty(_entries(place), np.float32)
            driver.to_host(found, again.address, second)
            driver.synchronize(first)
            driver.to_host(found, again.address, second)
            comparison.near("what the second stream wrote", found, _all(place, 0))
            del again


@contextmanager
def _current(place: Place) -> Generator[Any]:
    """CUDA's runtime, with the place as this thread's device."""
    runtime = place.cuda.runtime
    before = runtime.getDevice()
    runtime.setDevice(int(place.name.rpartition(":")[2]))
    try:
        yield runtime
    finally:
        runtime.setDevice(before)


def _captured(runtime: Any, stream: Handle, work: Callable[[], None]) -> int:
    """The graph of what is asked of a stream. Raises UnavailableError if the driver has none."""
    try:
        runtime.streamBeginCapture(stream, runtime.streamCaptureModeThreadLocal)
    except runtime.CUDARuntimeError as error:
        if error.status == _NOT_SUPPORTED:
            raise UnavailableError(f"the driver has no graphs: {error}") from error
        raise
    try:
        work()
    finally:
        graph = runtime.streamEndCapture(stream)
    return graph


@check(GRAPHS, "launches that were captured are replayed")
def _replayed(place: Place, comparison: Comparison) -> None:
    with _current(place) as runtime, _streams(place.driver, 1) as (stream,):
        driver = place.driver
        x, y = _numbers(place, 0), _numbers(place, -1)
        _add_one(driver, x, stream)  # what is compiled and loaded while capturing is an error
        driver.synchronize()

        def work() -> None:
            _add_one(driver, x, stream, 3)
            driver.copy(y.operand.address, x.operand.address, 4 * x.operand.size, stream)

        graph = _captured(runtime, stream, work)
        try:
            executable = runtime.graphInstantiate(graph)
            try:
                comparison.near(
                    "nothing ran while capturing", place.device.download(x), _all(place, 1)
                )
                for _ in range(5):
                    runtime.graphLaunch(executable, stream)
                driver.synchronize(stream)
            finally:
                runtime.graphExecDestroy(executable)
        finally:
            runtime.graphDestroy(graph)
        comparison.near("five replays of three launches", place.device.download(x), _all(place, 16))
        comparison.near("and of a copy", place.device.download(y), _all(place, 16))
