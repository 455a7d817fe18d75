"""Whose memory may be handed to whom, and after what."""

import pytest

from knetengine.gpu.memory import ExactSize, OutOfMemoryError, Pool
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice, check

MIB = 1 << 20
A, B = "a", "b"


def new(**options: int) -> tuple[Pool, ScriptedDevice]:
    device = ScriptedDevice(options.pop("capacity", 1 << 62), running=True)
    return Pool(device, ExactSize(), order=device), device


def test_on_the_same_stream_at_once() -> None:
    pool, device = new()
    address = pool.allocate(MIB, A).address
    block = pool.allocate(MIB, A)
    assert block.address == address
    assert device.marks == 0
    check(pool, device, [block])


def test_another_stream_waits_for_a_mark() -> None:
    pool, device = new()
    address = pool.allocate(MIB, A).address
    device.work(A)
    block = pool.allocate(MIB, B)
    assert (block.address, block.stream) == (address, B)
    assert device.waits == [(B, 0)]
    check(pool, device, [block])
    # and it is the other's now
    del block
    assert pool.allocate(MIB, B).address == address
    assert device.marks == 1
    stats = pool.stats()
    assert (stats.hits, stats.misses) == (2, 1)


def test_nobody_waits_for_what_has_happened() -> None:
    device = ScriptedDevice(running=False)
    pool = Pool(device, ExactSize(), order=device)
    address = pool.allocate(MIB, A).address
    assert pool.allocate(MIB, B).address == address
    assert device.marks == 1
    assert not device.waits


def test_a_source_without_order_is_done_when_a_call_returns() -> None:
    device = ScriptedDevice(running=True)
    pool = Pool(device, ExactSize())
    block = pool.allocate(MIB, A)
    block.used_on(B)
    address = block.address
    del block
    assert pool.allocate(MIB, B).address == address
    assert device.marks == 0


def test_what_another_stream_has_used_comes_back_when_that_is_done() -> None:
    pool, device = new()
    block = pool.allocate(MIB, A)
    for stream in (B, A, B):
        block.used_on(stream)
    device.work(B)
    address = block.address
    del block
    other = pool.allocate(MIB, A)
    assert other.address != address
    assert device.marks == 1  # of B, once
    stats = pool.stats()
    assert (stats.blocks, stats.active.now, stats.free) == (1, 2 * MIB, 0)
    assert sorted(s.pieces[0].state for s in pool.segments()) == ["used", "waiting"]
    check(pool, device, [other])
    device.let_happen()
    third = pool.allocate(MIB, A)
    assert third.address == address
    check(pool, device, [other, third])


def test_several_streams_have_all_to_be_done() -> None:
    pool, device = new()
    block = pool.allocate(MIB, A)
    block.used_on(B)
    block.used_on("c")
    del block
    assert pool.stats().active.now == MIB
    device.let_happen(0)
    assert pool.stats().active.now == MIB
    device.let_happen(1)
    assert pool.stats().active.now == 0


def test_rather_than_give_up_a_stream_waits() -> None:
    pool, device = new(capacity=MIB)
    block = pool.allocate(MIB, A)
    block.used_on(B)
    address = block.address
    del block
    block = pool.allocate(MIB, A)
    assert block.address == address
    assert device.waits == [(A, 0)]
    assert pool.stats().collections == 0
    with pytest.raises(OutOfMemoryError):
        pool.allocate(MIB, A)
    check(pool, device, [block], failed=1)


def test_rather_than_pass_a_soft_limit_a_stream_waits() -> None:
    device = ScriptedDevice(running=True)
    pool = Pool(device, ExactSize(), order=device, soft_limit=MIB)
    block = pool.allocate(MIB, A)
    block.used_on(B)
    address = block.address
    del block
    block = pool.allocate(MIB, A)
    assert block.address == address
    assert device.waits == [(A, 0)]
    check(pool, device, [block])


def test_a_segment_in_parts_of_two_streams_is_gathered_and_released() -> None:
    device = ScriptedDevice(running=True)
    pool = Pool(device, order=device)
    blocks = [pool.allocate(MIB // 2, stream) for stream in (A, B, A)]
    assert len(device.given) == 1  # B's was cut from A's
    assert device.waits == [(B, 0)]
    blocks.clear()
    stats = pool.stats()
    assert (stats.active.now, stats.inactive_split.now) == (0, 2 * MIB)
    assert pool.release_cached() == 2 * MIB
    check(pool, device, [])
    assert not device.given
