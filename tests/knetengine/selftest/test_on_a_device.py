"""The self-test's checks as tests on a real device: `pytest -m gpu`."""

import pytest

from knetengine.gpu import devices
from knetengine.selftest import CHECKS, Check, Place, running
from tests.examples.running import EXAMPLES


@pytest.fixture(scope="module")
def place() -> Place:
    if "cuda:0" not in [device.name for device in devices()]:
        pytest.skip("cuda:0 is not on this machine")
    return Place("cuda:0", EXAMPLES)


@pytest.mark.gpu
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.family}: {check.name}")
def test_a_check_on_a_device(check: Check, place: Place) -> None:
    found = running.make(check, place)
    if found.status == "skipped":
        pytest.skip(found.message)
    assert found.status == "passed", found.message
