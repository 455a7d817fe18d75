"""A device for the self-test: the tests' driver, which runs the kernels on this machine's CPU."""

import pytest

from knetengine.gpu.backends import add_device
from knetengine.gpu.device.backend import DeviceBackend
from tests.knetengine.gpu.host.host_driver import HostDriver

SIMULATED = "simulated for the self-test"


@pytest.fixture(scope="session")
def simulated() -> str:
    add_device(SIMULATED, DeviceBackend(HostDriver(), SIMULATED))
    return SIMULATED
