"""Long use: nothing piles up, and the figures are still right."""

import random

import pytest

from knetengine.gpu.memory import POLICIES, Block, Pool
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice, check

KIB = 1024
OPERATIONS = 10**6


@pytest.mark.parametrize("policy", POLICIES)
def test_a_million_operations(policy: str) -> None:
    """Allocations and frees of many sizes, 100 to 300 blocks in use."""
    device = ScriptedDevice()
    pool = Pool(device, POLICIES[policy]())
    generator = random.Random(11)
    sizes = [generator.randint(1, 64 * KIB) for _ in range(200)] + [KIB] * 200
    blocks: list[Block] = []
    for step in range(OPERATIONS):
        if len(blocks) < 100 or (len(blocks) < 300 and generator.random() < 0.5):
            blocks.append(pool.allocate(sizes[int(generator.random() * 400)]))
        else:
            at = int(generator.random() * len(blocks))
            blocks[at], blocks[-1] = blocks[-1], blocks[at]
            blocks.pop()
        if step % (OPERATIONS // 20) == 0:
            check(pool, device, blocks)
    check(pool, device, blocks)
    if policy != "none":
        stats = pool.stats()
        assert stats.reuse > 0.95
        assert stats.reserved.now < 20_000 * KIB * (4 if policy == "exact" else 1)
    blocks.clear()
    pool.release_cached()
    assert not device.given
