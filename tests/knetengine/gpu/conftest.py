"""The devices that tests run on: the CPU, and one that has only a driver and our own kernels."""

import pytest

from knetengine.gpu import devices
from knetengine.gpu.backends import add_device
from knetengine.gpu.device.backend import DeviceBackend
from tests.knetengine.gpu.host.host_driver import HostDriver

SIMULATED = "simulated"


@pytest.fixture(scope="session")
def simulated() -> str:
    """The name of a device whose kernels run on this machine's CPU, in memory of their own."""
    add_device(SIMULATED, DeviceBackend(HostDriver(), SIMULATED))
    return SIMULATED


@pytest.fixture(params=["cpu", SIMULATED, pytest.param("cuda:0", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    """Each device in turn; a real one with `pytest -m gpu`."""
    if request.param == SIMULATED:
        return request.getfixturevalue("simulated")
    if request.param not in [device.name for device in devices()]:
        pytest.skip(f"{request.param} is not on this machine")
    return request.param
