"""What a program sees of a pool."""

import copy
import gc
import inspect
import pickle
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import DeviceOutOfMemoryError
from knetengine.gpu.memory import (
    POLICIES,
    Allocated,
    Block,
    ExactSize,
    Holder,
    HostMemory,
    KnetClasses,
    Level,
    NoPool,
    OutOfMemoryError,
    Policy,
    Pool,
    TwoPools,
)
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice, check

MIB = 1 << 20


def new(policy: Policy | None = None, **options: Any) -> tuple[Pool, ScriptedDevice]:
    device = ScriptedDevice(options.pop("capacity", 1 << 62))
    return Pool(device, policy, device="scripted", **options), device


@pytest.mark.parametrize("policy", [name for name in POLICIES if name != "none"])
def test_what_came_back_is_handed_out_again(policy: str) -> None:
    pool, device = new(POLICIES[policy]())
    first = pool.allocate(10_000)
    address = first.address
    del first
    assert pool.allocate(9_999).address == address
    assert device.calls == 1
    stats = pool.stats()
    assert (stats.hits, stats.misses, stats.reuse) == (1, 1, 0.5)


def test_without_a_pool_every_request_is_the_drivers() -> None:
    pool, device = new(NoPool())
    pool.allocate(100).free()
    block = pool.allocate(0)
    check(pool, device, [block])
    assert device.allocations == [100, 1]
    assert device.releases == 1


def test_sizes() -> None:
    pool, device = new()
    blocks = [pool.allocate(0), pool.allocate(np.int64(513)), pool.allocate(True)]
    assert [b.requested_bytes for b in blocks] == [0, 513, 1]
    assert type(blocks[1].requested_bytes) is int
    assert [b.rounded_bytes for b in blocks] == [512, 1024, 512]
    check(pool, device, blocks)
    with pytest.raises(ValueError, match="a number of bytes is -1; expected 0 or more"):
        pool.allocate(-1)
    with pytest.raises(TypeError):
        pool.allocate(1.5)  # pyright: ignore[reportArgumentType]
    assert pool.stats().histogram == {512: 2, 1024: 1}


def test_a_block_comes_back_once_however_it_is_dropped() -> None:
    pool, device = new()
    block = pool.allocate(1000)
    assert repr(block) == f"Block(1,000 bytes at {int(block.address):#x})"
    assert not block.is_free
    block.free()
    block.free()
    assert block.is_free
    assert repr(block) == "Block(free)"
    for name in ("address", "requested_bytes", "rounded_bytes", "stream"):
        with pytest.raises(AttributeError, match="the block is free: its memory may be somebody"):
            getattr(block, name)
    with pytest.raises(AttributeError, match="the block is free"):
        block.used_on("copies")
    other = pool.allocate(1000)
    del block  # of a block whose place is taken
    check(pool, device, [other])
    with pytest.raises(AttributeError, match="a block has no attribute 'adress'"):
        other.adress  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("double", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_block_cannot_be_doubled(double: Any) -> None:
    pool, _ = new()
    block = pool.allocate(10)
    with pytest.raises(TypeError, match="a block of memory cannot be copied or pickled"):
        double(block)


def test_levels_and_their_peaks() -> None:
    pool, device = new(ExactSize())
    a, b = pool.allocate(100), pool.allocate(1000)
    stats = pool.stats()
    assert stats.requested == Level(1100, 1100)
    assert stats.rounded == stats.active == stats.reserved == Level(1536, 1536)
    del a
    stats = pool.stats()
    assert stats.requested == Level(1000, 1100)
    assert stats.active == Level(1024, 1536)
    assert stats.reserved == Level(1536, 1536)
    assert (stats.free, stats.largest_free, stats.fragmentation) == (512, 512, 0)
    pool.reset_peaks()
    assert pool.stats().active == Level(1024, 1024)
    check(pool, device, [b])


def test_fragmentation_and_split_segments() -> None:
    pool, device = new()
    blocks = [pool.allocate(MIB // 2) for _ in range(4)]
    del blocks[2], blocks[0]
    stats = pool.stats()
    assert stats.inactive_split == Level(MIB, 3 * MIB // 2)  # the peak was after the first block
    assert stats.fragmentation == 0.5  # two halves of what is free
    assert [piece.state for piece in pool.segments()[0].pieces] == ["free", "used"] * 2
    check(pool, device, blocks)


# Limits, and the end of memory


def test_a_limit_holds_and_can_be_changed() -> None:
    pool, device = new(limit=4 * MIB)
    blocks = [pool.allocate(MIB) for _ in range(4)]
    with pytest.raises(OutOfMemoryError) as caught:
        pool.allocate(1)
    assert caught.value.requested_bytes == 1
    assert sum(device.given.values()) == 4 * MIB
    pool.limit = None
    blocks.append(pool.allocate(1))
    check(pool, device, blocks, failed=1)
    pool.limit = MIB  # below what is in use: only what is free can go
    del blocks[1:]
    assert pool.limit == MIB
    with pytest.raises(OutOfMemoryError):
        pool.allocate(20 * MIB)
    blocks.append(pool.allocate(MIB // 2))  # in what there is
    check(pool, device, blocks, failed=2)
    with pytest.raises(ValueError, match="a number of bytes is -5"):
        pool.limit = -5


def test_a_limit_below_what_is_cached_releases_it() -> None:
    pool, device = new()
    pool.allocate(20 * MIB).free()
    pool.limit = MIB
    assert not device.given


def test_beyond_a_soft_limit_other_ways_are_tried_first() -> None:
    pool, device = new(ExactSize(), soft_limit=4 * MIB)
    pool.allocate(3 * MIB).free()
    blocks = [pool.allocate(2 * MIB)]
    assert list(device.given.values()) == [2 * MIB]  # what was free went back
    assert pool.stats().collections == 1
    blocks.append(pool.allocate(3 * MIB))  # nothing helps: the driver is asked all the same
    assert sum(device.given.values()) == 5 * MIB
    assert pool.stats().collections == 2
    blocks.append(pool.allocate(MIB))  # a fifth more is put up with
    assert pool.stats().collections == 2
    blocks.append(pool.allocate(MIB // 2))
    assert pool.stats().collections == 3
    assert pool.stats().retries == pool.stats().out_of_memory == 0
    assert "limit none, soft limit 4,194,304, policy exact" in pool.stats().table()
    check(pool, device, blocks)
    # once it has been kept again, it counts again
    blocks.clear()
    pool.release_cached()
    blocks = [pool.allocate(3 * MIB), pool.allocate(2 * MIB)]
    assert pool.stats().collections == 4
    check(pool, device, blocks)


def test_a_soft_limit_can_be_changed() -> None:
    pool, device = new(soft_limit=5 * MIB)
    blocks = [pool.allocate(MIB) for _ in range(5)]
    assert device.allocations == [2 * MIB, 3 * MIB]
    blocks.append(pool.allocate(MIB))
    assert device.allocations[2:] == [2 * MIB]
    pool.soft_limit = None
    assert pool.soft_limit is None
    blocks += [pool.allocate(MIB) for _ in range(2)]
    assert device.allocations[3:] == [4 * MIB]  # 10 in all
    blocks.clear()
    pool.soft_limit = 3 * MIB
    assert pool.stats().soft_limit == 3 * MIB
    assert not device.given
    with pytest.raises(ValueError, match="a number of bytes is -5"):
        pool.soft_limit = -5


def test_caches_are_released_before_giving_up() -> None:
    pool, device = new(ExactSize(), capacity=10 * MIB)
    pool.allocate(6 * MIB).free()
    pool.allocate(3 * MIB).free()
    block = pool.allocate(9 * MIB)
    stats = pool.stats()
    assert (stats.retries, stats.driver_releases, stats.out_of_memory) == (1, 2, 0)
    check(pool, device, [block])


def test_garbage_is_collected_before_giving_up() -> None:
    pool, device = new(capacity=10 * MIB)

    class Node:
        def __init__(self) -> None:
            self.block = pool.allocate(8 * MIB)
            self.self = self

    gc.collect()
    gc.disable()
    try:
        Node()
        block = pool.allocate(9 * MIB)
    finally:
        gc.enable()
    stats = pool.stats()
    assert stats.collections == 1
    assert stats.collected_bytes == 8 * MIB
    check(pool, device, [block])


def test_the_error_shows_the_request_the_table_and_the_holders() -> None:
    pool, device = new(capacity=10 * MIB)
    pool.record_places()
    blocks: list[Block] = []
    for i in range(9):
        block = pool.allocate(MIB + i // 3)
        blocks.append(block)
    line = inspect.currentframe().f_lineno - 2  # pyright: ignore[reportOptionalMemberAccess]
    with pytest.raises(OutOfMemoryError) as caught:
        pool.allocate(1234567)
    error = caught.value
    assert isinstance(error, MemoryError)
    assert isinstance(error, DeviceOutOfMemoryError)
    place = (__file__, line, "test_the_error_shows_the_request_the_table_and_the_holders")
    assert error.holders == [Holder(3 * size, 3, size, place) for size in (MIB + 2, MIB + 1, MIB)]
    message = str(error)
    first, *table = message.splitlines()
    assert first == (
        "scripted has no room for 1,234,567 bytes more: 10,485,760 are reserved and 9,440,256 in "
        "use; free what is not needed, take smaller batches, or raise the limit"
    )
    assert error.stats.table() in message
    assert "out of memory 1 times" in message
    assert table[-4] == "largest holders:"
    assert table[-3].startswith("         3,145,734  3 x 1,048,578  test_pool.py:")
    assert table[-3].endswith(": block = pool.allocate(MIB + i // 3)")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.holders) == (message, error.holders)
    # and the program goes on
    del block, blocks[-1]
    check(pool, device, blocks, failed=1)
    blocks.append(pool.allocate(MIB))
    check(pool, device, blocks, failed=1)


def test_only_the_five_largest_holders_are_shown() -> None:
    pool, _ = new(limit=2 * MIB)
    blocks = [pool.allocate(1000 * i) for i in range(1, 9)]
    with pytest.raises(OutOfMemoryError) as caught:
        pool.allocate(4 * MIB)
    assert [h.nbytes for h in caught.value.holders] == [8000, 7000, 6000, 5000, 4000]
    assert str(caught.value.holders[0]) == f"{8000:>18,}  1 x 8,000"
    assert len(pool.holders(100)) == len(blocks)


# On demand


def held_here(pool: Pool) -> Any:
    return pool.allocate(100)


def test_places_are_recorded_on_demand() -> None:
    pool, _ = new()
    blocks = [pool.allocate(200)]
    assert not pool.records_places
    pool.record_places()
    assert pool.records_places
    blocks.append(held_here(pool))
    second, first = pool.holders()[1], pool.holders()[0]
    assert first == Holder(200, 1, 200, None)  # was there before
    assert second.place is not None
    assert second.place[::2] == (__file__, "held_here")
    assert str(second).endswith(" in held_here: return pool.allocate(100)")
    pool.record_places(False)
    blocks.append(pool.allocate(300))
    assert [h.place for h in pool.holders()] == [None] * 3


def test_a_trace_keeps_the_places_that_are_recorded() -> None:
    pool, _ = new()
    pool.record_places()
    before = held_here(pool)
    with pool.record_trace() as trace:
        after = pool.allocate(300)
        pool.record_places(False)
        last = pool.allocate(400)
    del before, after, last
    places = [event.place for event in trace if isinstance(event, Allocated)]
    assert [place and place[2] for place in places] == [
        "held_here",
        "test_a_trace_keeps_the_places_that_are_recorded",
        None,
    ]


def test_a_device_says_what_it_has_if_it_can() -> None:
    class Knowing(ScriptedDevice):
        def memory(self) -> tuple[int, int]:
            return 3, 8

    assert Pool(Knowing()).device_memory() == (3, 8)
    assert Pool(HostMemory()).device_memory() is None


def test_reserving_at_once() -> None:
    pool, device = new()
    pool.reserve(100 * MIB)
    pool.reserve(50 * MIB)
    assert device.allocations == [100 * MIB]
    blocks = [pool.allocate(MIB) for _ in range(100)]
    assert device.calls == 1
    check(pool, device, blocks)
    with pytest.raises(OutOfMemoryError):
        new(limit=MIB)[0].reserve(2 * MIB)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_was_reserved_at_once_is_not_lost(policy: str) -> None:
    pool, device = new(POLICIES[policy]())
    pool.reserve(100_000)
    check(pool, device, [])
    pool.release_cached()
    assert not device.given


def test_releasing_caches_gives_back_what_is_wholly_free() -> None:
    pool, device = new(TwoPools())
    small, large = pool.allocate(100), pool.allocate(30 * MIB)
    del large
    assert pool.release_cached() == 30 * MIB
    assert list(device.given.values()) == [2 * MIB]
    check(pool, device, [small])


@pytest.mark.parametrize("policy", POLICIES)
def test_the_driver_gets_all_back_when_the_pool_and_its_blocks_are_gone(policy: str) -> None:
    pool, device = new(POLICIES[policy]())
    blocks = [pool.allocate(n) for n in (100, 5000, 3 * MIB)]
    del blocks[1], pool
    assert device.given
    blocks.clear()
    assert not device.given


def test_every_policy_has_the_name_that_it_is_known_by() -> None:
    assert {name: new(policy())[0].policy for name, policy in POLICIES.items()} == {
        name: name for name in POLICIES
    }
    assert Pool(ScriptedDevice()).policy == "default"
    assert new(KnetClasses())[0].stats().policy == "knet"
