"""The checks of CuPy's functions, by a stand-in that computes by NumPy; and faults in it."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from knetengine.gpu.backends import add_device
from knetengine.gpu.device.backend import DeviceBackend
from knetengine.selftest import CHECKS, Place, running
from tests.knetengine.gpu.drivers import numpy_library
from tests.knetengine.gpu.host.host_driver import HostDriver

CHOSEN = {each.name: each for each in CHECKS if each.family == "library functions"}

numbers = itertools.count()


def device(library: Any) -> Place:
    name = f"with a library, number {next(numbers)}"
    driver = HostDriver()
    driver.library = library
    add_device(name, DeviceBackend(driver, name))
    return Place(name)


class Faulty:
    """The stand-in, with other functions for some."""

    def __init__(self, **other: Any) -> None:
        self.__dict__.update(other)

    def __getattr__(self, name: str) -> Any:
        return getattr(numpy_library, name)


@pytest.fixture(scope="module")
def place() -> Place:
    return device(numpy_library)


@pytest.mark.parametrize("name", CHOSEN)
def test_it_passes(name: str, place: Place) -> None:
    found = running.make(CHOSEN[name], place)
    assert (found.status, found.message) == ("passed", "")


@pytest.mark.parametrize("name", CHOSEN)
def test_the_cpu_passes_by_numpy(name: str) -> None:
    found = running.make(CHOSEN[name], Place("cpu"))
    assert found.status == ("skipped" if "without a copy" in name else "passed"), found.message


def test_without_a_library_they_are_skipped() -> None:
    found = running.make(CHOSEN["linear algebra"], device(None))
    assert found.status == "skipped"
    assert found.message.endswith("has no CuPy")


@pytest.mark.parametrize(
    ("name", "fault", "words"),
    [
        ("sorting, counting, statistics", {"sort": numpy_library.argsort}, "np.sort: found the dt"),
        ("sorting, counting, statistics", {"sort": lambda a, axis=-1: a}, "np.sort at ["),
        (
            "linear algebra",
            {"einsum": lambda how, a, b: numpy_library.matmul(a, b)},
            "np.einsum: found",
        ),
    ],
)
def test_a_wrong_answer_fails(name: str, fault: dict[str, Callable[..., Any]], words: str) -> None:
    found = running.make(CHOSEN[name], device(Faulty(**fault)))
    assert found.status == "failed"
    assert words in found.message


def test_an_array_that_lies_elsewhere_fails() -> None:
    class Moved(numpy_library.ndarray):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.data = numpy_library.MemoryPointer(self.data.mem, 8)

    found = running.make(CHOSEN["arrays cross without a copy"], device(Faulty(ndarray=Moved)))
    assert found.status == "failed"
    assert "where CuPy's array lies: found" in found.message
