"""The driver that kernels run on in the tests: the CPU, by the host driver; a GPU with `-m gpu`."""

import os
from collections.abc import Callable, Iterator

import pytest

from knetengine.gpu import devices
from knetengine.gpu.drivers.cupy_driver import CupyDriver
from knetengine.gpu.drivers.interface import Driver
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.host.sanitized import SANITIZER, Child, Outcome
from tests.knetengine.gpu.kernels.board import Board

GPU = "gpu"
HERE = "tests/knetengine/gpu/kernels"

# What a sanitizer's child runs none of: itself, and what takes millions of numbers through kernels
# that a few do for.
WITHOUT = ["test_sanitized", "shape8-0.002", "more_than_a_million", "error_of_a_long_sum"]


def _begin(kind: str) -> Child:
    package = "tests.knetengine.gpu.kernels"
    if kind == "address":
        return Child(kind, f"{package}.watched", "run", [HERE], WITHOUT)
    return Child(kind, f"{package}.chosen", "run", order=3)


@pytest.fixture(scope="session", autouse=True)
def children(request: pytest.FixtureRequest) -> Iterator[dict[str, Child]]:
    """AddressSanitizer's child, which takes longest: it runs beside the tests of this folder."""
    begun: dict[str, Child] = {}
    here = [item for item in request.session.items if HERE in item.path.as_posix()]
    wanted = any(item.name == "test_every_kernel_under_address_sanitizer" for item in here)
    if wanted and len(here) > 100 and len(os.sched_getaffinity(0)) > 1:
        assert SANITIZER not in os.environ
        begun["address"] = _begin("address")
    yield begun
    for child in begun.values():
        child.stop()


@pytest.fixture
def watched(children: dict[str, Child]) -> Callable[[str], Outcome]:
    """Gives what came of the kernels' tests under a sanitizer, "address" or "thread"."""

    def result(kind: str) -> Outcome:
        child = children.pop(kind) if kind in children else _begin(kind)
        return child.result()

    return result


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `-m gpu` the tests that take any driver are a device's."""
    if config.option.markexpr != GPU:
        return
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        if HERE in item.path.as_posix() and "driver" in names:
            item.add_marker(GPU)


@pytest.fixture(scope="session")
def driver(request: pytest.FixtureRequest) -> Driver:
    if request.config.option.markexpr != GPU:
        return HostDriver()
    if "cuda:0" not in [device.name for device in devices()]:
        pytest.skip("cuda:0 is not on this machine")
    return CupyDriver(0)


@pytest.fixture
def board(driver: Driver) -> Iterator[Board]:
    board = Board(driver)
    yield board
    board.clear()
