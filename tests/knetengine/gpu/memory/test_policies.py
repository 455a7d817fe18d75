"""Which chunk a request gets, and what the driver is asked for."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knetengine.gpu.memory import (
    POLICIES,
    BestFit,
    Block,
    ExactSize,
    GrowingSegments,
    KnetClasses,
    Policy,
    Pool,
    TwoPools,
)
from knetengine.gpu.memory.policies import Plan, Step
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice, check

MIB = 1 << 20


def new(policy: Policy) -> tuple[Pool, ScriptedDevice]:
    device = ScriptedDevice()
    return Pool(device, policy), device


# Knet's own


@pytest.mark.parametrize(
    ("nbytes", "block"),
    [
        (1, 512),
        (512, 512),
        (513, 645),  # 2 ** (28 / 3) = 645.08
        (645, 645),
        (646, 812),  # 2 ** (29 / 3) = 812.7
        (813, 1024),
        (1 << 20, 1 << 20),
        ((1 << 20) + 1, 1321122),  # 2 ** (61 / 3)
        (1 << 40, 1 << 40),
    ],
)
def test_knets_classes(nbytes: int, block: int) -> None:
    """The block sizes of Knet 1.4: floor(cbrt(2) ^ ceil(log n / log cbrt(2)))."""
    assert KnetClasses().rounded(nbytes) == block


@given(st.integers(512, 1 << 45))
def test_knets_classes_lose_26_per_cent_at_most(nbytes: int) -> None:
    assert nbytes <= KnetClasses().rounded(nbytes) <= nbytes * 1.26 + 1


def test_knets_test_of_its_own_pointers() -> None:
    """Its test/kptr.jl: of ten sizes each is used once; dropped, it is free; then used again."""
    pool, _ = new(ExactSize())
    sizes = random.Random(1).sample(range(1, 10**5), 10)
    blocks: list[Block] = [pool.allocate(n * 512) for n in sizes]
    stats = pool.stats()
    assert (stats.blocks, stats.segments, stats.free) == (10, 10, 0)
    blocks.clear()
    stats = pool.stats()
    assert (stats.blocks, stats.segments, stats.active.now) == (0, 10, 0)
    blocks += [pool.allocate(n * 512) for n in sizes]
    stats = pool.stats()
    assert (stats.blocks, stats.segments, stats.free, stats.hits) == (10, 10, 0, 10)


class Use:
    """What a policy is told of a pool."""

    def __init__(self, active: int = 0, reserved: int = 0) -> None:
        self.active = self.highest = active
        self.reserved = reserved
        self.room: int | None = None
        self.soft_room: int | None = None


def steps(plan: Plan) -> list[Step | int]:
    return list(plan)


def test_knets_steps() -> None:
    """KnetPtr in Knet 1.4: gc a little; ask below the limit; gc in full; raise the limit; ask."""
    now = 100.0
    policy = KnetClasses(limit=16 * MIB, clock=lambda: now)
    small = policy.rounded(MIB)
    use = Use()
    assert next(policy.growing(small, use)) == small  # nothing is in use: there is no garbage
    use.active = use.reserved = 10 * MIB
    plan = policy.growing(small, use)
    assert [next(plan), next(plan)] == [Step.COLLECT_YOUNG, small]
    use.reserved = 16 * MIB
    assert steps(policy.growing(small, use)) == [Step.COLLECT_YOUNG, Step.COLLECT, small]
    assert policy.limit == 16 * MIB * 6 // 5
    use.reserved = policy.limit
    now += 0.1  # too early for another full collection
    assert steps(policy.growing(small, use)) == [Step.COLLECT_YOUNG, small]
    use.reserved = policy.limit
    now += 0.11
    assert steps(policy.growing(30 * MIB, use)) == [Step.COLLECT_YOUNG, Step.COLLECT, 30 * MIB]
    assert policy.limit == use.reserved + 60 * MIB


# Best fit


def test_the_smallest_chunk_that_is_large_enough() -> None:
    pool, device = new(BestFit())
    blocks = [pool.allocate(n * 1024) for n in (8, 4, 16)]
    addresses = [block.address for block in blocks]
    blocks.clear()
    blocks = [pool.allocate(n * 512) for n in (10, 7, 32)]  # of 8, 4 and 16 KiB
    assert [block.address for block in blocks] == addresses
    check(pool, device, blocks)


def test_pytorchs_segments() -> None:
    pool, device = new(TwoPools())
    blocks = [pool.allocate(n) for n in (1, MIB, MIB + 1, 10 * MIB, 10 * MIB + 1)]
    assert device.allocations == [2 * MIB, 20 * MIB, 12 * MIB]
    assert [b.rounded_bytes for b in blocks[2:]] == [MIB + 512, 10 * MIB, 10 * MIB + 512]
    blocks[2:] = []
    pool.release_cached()
    blocks.append(pool.allocate(19 * MIB + 1))  # less than 1 MiB would be left over: not cut
    assert blocks[-1].rounded_bytes == 20 * MIB
    check(pool, device, blocks)


@pytest.mark.parametrize("policy", ["cupy-like", "pytorch-like", "default"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_has_all_come_back_is_whole_again(policy: str, data: st.DataObject) -> None:
    pool, device = new(POLICIES[policy]())
    blocks = [pool.allocate(n) for n in data.draw(st.lists(st.integers(0, 5 * MIB), max_size=30))]
    order = data.draw(st.permutations(range(len(blocks))))
    half = len(order) // 2
    for number in order[:half]:
        blocks[number].free()
    again = [pool.allocate(n) for n in data.draw(st.lists(st.integers(0, 9 * MIB), max_size=30))]
    check(pool, device, [b for b in blocks if not b.is_free] + again)
    for block in [*again, *blocks]:
        block.free()
    segments = pool.segments()
    assert all(len(segment.pieces) == 1 for segment in segments)
    assert pool.stats().inactive_split.now == 0
    assert {s.address: s.nbytes for s in segments} == device.given


# The default


def test_what_is_reserved_grows_by_a_ladder_and_then_by_a_sixth() -> None:
    pool, device = new(GrowingSegments())
    blocks = [pool.allocate(MIB) for _ in range(43)]
    # 2, 10, 18, 24, 42; 43 * 7 / 6 = 50.2
    assert [n // MIB for n in device.allocations] == [2, 8, 8, 6, 18, 10]
    check(pool, device, blocks)


def test_what_is_free_makes_room_for_what_is_larger() -> None:
    pool, device = new(GrowingSegments())
    pool.allocate(30 * MIB).free()
    block = pool.allocate(100 * MIB)
    assert device.allocations == [42 * MIB, 118 * MIB]  # 116.7, in segments of whole 2 MiB
    assert list(device.given.values()) == [118 * MIB]
    check(pool, device, [block])


def test_at_low_tide_the_pieces_of_a_growth_become_one() -> None:
    pool, device = new(GrowingSegments())

    def step() -> None:
        for block in [pool.allocate(4 * MIB) for _ in range(40)]:
            block.free()

    step()
    grown = len(device.given)
    assert grown > 6
    step()
    # 160 * 7 / 6: all but the segment that the first block was already in
    assert [n // MIB for n in device.given.values()] == [24, 164]
    assert device.calls < 40
    calls = device.calls
    for _ in range(20):
        step()
    assert device.calls == calls  # and stay so
    assert pool.stats().reserved.peak <= 1.25 * 160 * MIB


def test_the_largest_chunk_is_kept_for_what_was_as_large() -> None:
    """As LeNet's columns of patches: large for a moment, forward and back, with much in between."""
    pool, device = new(GrowingSegments())
    blocks = [pool.allocate(60 * MIB)]
    pool.allocate(50 * MIB).free()
    before = sum(device.given.values())
    blocks += [pool.allocate(5 * MIB) for _ in range(6)]
    grown = sum(device.given.values()) - before
    calls = device.calls
    blocks.append(pool.allocate(50 * MIB))
    assert device.calls == calls  # it was kept
    assert grown <= 24 * MIB
    check(pool, device, blocks)
    assert sum(device.given.values()) <= 1.25 * 140 * MIB


def test_what_is_kept_is_cut_before_giving_up() -> None:
    device = ScriptedDevice()
    pool = Pool(device)
    blocks = [pool.allocate(60 * MIB)]
    pool.allocate(50 * MIB).free()
    device.capacity = sum(device.given.values())  # nothing more to be had
    blocks += [pool.allocate(5 * MIB) for _ in range(10)]
    check(pool, device, blocks)
    assert pool.stats().out_of_memory == 0
    assert pool.stats().collections == 0
    pool.limit = sum(device.given.values())
    device.capacity = 1 << 40
    del blocks[1:]
    pool.allocate(50 * MIB).free()
    blocks += [pool.allocate(5 * MIB) for _ in range(10)]
    check(pool, device, blocks)


def test_a_limit_makes_segments_smaller() -> None:
    device = ScriptedDevice()
    pool = Pool(device, limit=5 * MIB)
    blocks = [pool.allocate(MIB) for _ in range(5)]
    assert device.allocations == [2 * MIB, 3 * MIB]
    check(pool, device, blocks)
