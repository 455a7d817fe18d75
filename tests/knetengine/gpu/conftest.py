"""The devices that tests run on: the CPU, and one that has only a driver and our own kernels."""

import os

import pytest

from knetengine.gpu import devices
from knetengine.gpu.backends import add_device
from knetengine.gpu.device.backend import DeviceBackend
from tests.knetengine.gpu.drivers import numpy_library
from tests.knetengine.gpu.host import verification
from tests.knetengine.gpu.host.host_driver import SANITIZER, HostDriver

SIMULATED = "simulated"
LIBRARY = "with a library"


@pytest.fixture(scope="session")
def simulated() -> str:
    """The name of a device whose kernels run on this machine's CPU, in memory of their own."""
    add_device(SIMULATED, DeviceBackend(HostDriver(), SIMULATED))
    return SIMULATED


@pytest.fixture(scope="session")
def with_library() -> str:
    """The name of such a device that has, beside our kernels, what stands for CuPy."""
    driver = HostDriver()
    driver.library = numpy_library
    add_device(LIBRARY, DeviceBackend(driver, LIBRARY))
    return LIBRARY


@pytest.fixture(params=["cpu", SIMULATED, pytest.param("cuda:0", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    """Each device in turn; a real one with `pytest -m gpu`."""
    if request.param == SIMULATED:
        return request.getfixturevalue("simulated")
    if request.param not in [device.name for device in devices()]:
        pytest.skip(f"{request.param} is not on this machine")
    return request.param


# What was verified


def pytest_runtest_setup(item: pytest.Item) -> None:
    HostDriver.ran.clear()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What ran in a test that passed is counted, once; a child of a sanitizer counts nothing."""
    if report.when != "call" or hasattr(report, "node"):  # of another process, which counts it
        return
    if report.passed and SANITIZER not in os.environ:
        seen = verification.seen
        if HostDriver.ran:
            seen.executed |= HostDriver.ran & verification.kernels()
        for name, value in report.user_properties:
            if name == "planted on the host":
                seen.planted.add(str(value))
            elif name == "sanitized":
                kind, tests, kernels = value  # type: ignore[misc]
                seen.sanitized[kind] = {"tests": tests, "kernels": kernels}
    HostDriver.ran.clear()
