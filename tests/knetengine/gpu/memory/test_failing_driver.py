"""A driver whose every n-th call fails leaves a pool that is as it was."""

import random

import pytest

from knetengine.gpu.drivers.interface import DeviceOutOfMemoryError, DriverError
from knetengine.gpu.memory import POLICIES, Block, Pool
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice, check

pytestmark = pytest.mark.usefixtures("quick_collections")

MIB = 1 << 20
STREAMS = (0, "copies")


def use(pool: Pool, device: ScriptedDevice, steps: int) -> tuple[list[Block], int]:
    """A program that does not mind failures; what it holds in the end, and how often it failed."""
    generator = random.Random(7)
    blocks: list[Block] = []
    failed = 0
    for step in range(steps):
        before = failed
        try:
            if generator.random() < 0.6:
                size = generator.choice([100, 5000, MIB, 3 * MIB, 12 * MIB])
                blocks.append(pool.allocate(size, generator.choice(STREAMS)))
                if generator.random() < 0.3:
                    blocks[-1].used_on(generator.choice(STREAMS))
            elif blocks:
                del blocks[generator.randrange(len(blocks))]
            elif step % 20 == 19:
                pool.release_cached()
            if generator.random() < 0.2:
                device.let_happen()
        except (DriverError, MemoryError):
            failed += 1
        if failed > before or step % 10 == 9:
            check(pool, device, blocks, failed)
    return blocks, failed


@pytest.mark.parametrize("failure", [DriverError, DeviceOutOfMemoryError])
@pytest.mark.parametrize("policy", POLICIES)
def test_each_call_of_the_driver_may_fail(policy: str, failure: type[Exception]) -> None:
    device = ScriptedDevice(60 * MIB, running=True)
    use(Pool(device, POLICIES[policy](), order=device), device, 50)
    calls = device.calls
    assert calls > 10
    for number in range(1, calls + 1):
        device = ScriptedDevice(60 * MIB, running=True)
        device.failing, device.failure = {number}, failure
        pool = Pool(device, POLICIES[policy](), order=device)
        blocks, _ = use(pool, device, 50)
        blocks.clear()
        device.failing = set()
        pool.stats()
        device.let_happen()
        pool.release_cached()
        check(pool, device, [], 50)
        assert not device.given


@pytest.mark.parametrize("n", [2, 3, 5, 7, 11])
@pytest.mark.parametrize("policy", POLICIES)
def test_every_nth_call_fails(policy: str, n: int) -> None:
    device = ScriptedDevice(60 * MIB, running=True)
    device.failing = set(range(n, 10**5, n))
    pool = Pool(device, POLICIES[policy](), order=device)
    blocks, failed = use(pool, device, 1000)
    assert failed > 3
    device.failing = set()
    blocks.clear()
    pool.stats()
    device.let_happen()
    pool.release_cached()
    assert not device.given
