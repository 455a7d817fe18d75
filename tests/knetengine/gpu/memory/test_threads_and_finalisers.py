"""Blocks that come back from anywhere: threads, finalisers, the collector, signal handlers."""

import gc
import queue
import random
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.memory import POLICIES, Block, HostMemory, Pool, array_on
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice, check

KIB = 1024
THREADS = 8


@pytest.fixture
def restless() -> Iterator[None]:
    """The collector runs at nearly every new container, and threads change all the time."""
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(1, 1, 1)
    sys.setswitchinterval(1e-6)
    yield
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


def in_threads(work: Any) -> None:
    """Call `work(number)` in eight threads at once; raise what any of them raised."""
    errors: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # is raised in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(n,), daemon=True) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a thread hangs"
    if errors:
        raise errors[0]


@pytest.mark.parametrize("policy", POLICIES)
def test_eight_threads_never_get_the_same_bytes(policy: str) -> None:
    """On real memory: what a thread has written is still there when it gives the block back."""
    pool = Pool(HostMemory(), POLICIES[policy]())
    elsewhere: queue.SimpleQueue[Any] = queue.SimpleQueue()  # freed by whoever takes it

    def work(number: int) -> None:
        generator = random.Random(number)
        held: list[tuple[np.ndarray, int]] = []
        for step in range(400):
            mark = number * 1000 + step
            size = generator.choice([1, 100, 3000, 20_000, generator.randint(1, 50_000)])
            array = array_on(pool.allocate(size * 8), (size,), np.int64)
            array[:] = mark
            held.append((array, mark))
            del array
            if len(held) > 20 or generator.random() < 0.4:
                array, mark = held.pop(generator.randrange(len(held)))
                assert (array == mark).all()
                if generator.random() < 0.3:
                    elsewhere.put(array)
                    del array
                    elsewhere.get()
        for array, mark in held:
            assert (array == mark).all()

    in_threads(work)
    stats = pool.stats()
    assert stats.blocks == stats.requested.now == stats.active.now == 0
    assert stats.hits + stats.misses == THREADS * 400
    pool.release_cached()
    assert pool.stats().reserved.now == 0


class Cycle:
    """Garbage that only the collector finds; it holds a block."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.self = self


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("policy", POLICIES)
def test_blocks_come_back_from_the_collector_in_the_midst_of_an_allocation(policy: str) -> None:
    device = ScriptedDevice()
    pool = Pool(device, POLICIES[policy]())
    generator = random.Random(3)
    blocks: list[Block] = []
    for _ in range(3000):
        Cycle(pool.allocate(generator.randint(1, 10_000)))
        blocks.append(pool.allocate(generator.randint(1, 10_000)))
        if len(blocks) > 30:
            blocks.pop(generator.randrange(30))
    gc.collect()
    check(pool, device, blocks)


interruptions = 0


class Allocating:
    """Garbage whose finaliser asks the pool for memory, and for figures."""

    def __init__(self, pool: Pool, kept: list[Block]) -> None:
        self.pool = pool
        self.kept = kept
        self.self = self

    def __del__(self) -> None:
        global interruptions
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_name in ("allocate", "_at_work"):
                interruptions += 1
                break
            frame = frame.f_back
        self.pool.allocate(700).free()
        self.kept.append(self.pool.allocate(900))
        self.pool.stats()
        self.pool.holders()
        self.pool.release_cached()


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("policy", POLICIES)
def test_a_finaliser_may_ask_the_pool_that_it_interrupts(policy: str) -> None:
    global interruptions
    interruptions = 0
    device = ScriptedDevice()
    pool = Pool(device, POLICIES[policy]())
    kept: list[Block] = []
    blocks: list[Block] = []
    generator = random.Random(5)
    # nothing between the garbage and the pool makes a container, which would collect it
    allocate, sizes = pool.allocate, [generator.randint(1, 10_000) for _ in range(1000)]
    for step in range(1000):
        Allocating(pool, kept)
        blocks.append(allocate(sizes[step]))
        if len(blocks) > 20:
            blocks.pop(generator.randrange(20))
        if step % 100 == 0:
            pool.stats()
    gc.collect()
    assert interruptions > 10
    check(pool, device, blocks + kept)
    blocks.clear()
    kept.clear()
    pool.release_cached()
    assert not device.given


@pytest.mark.usefixtures("restless")
def test_threads_cycles_and_finalisers_together() -> None:
    device = ScriptedDevice()
    pool = Pool(device)
    kept: list[Block] = []

    def work(number: int) -> None:
        generator = random.Random(number)
        blocks: list[Block] = []
        for step in range(150):
            Cycle(pool.allocate(generator.randint(1, 100 * KIB)))
            if step % 10 == 0:
                Allocating(pool, kept)
            blocks.append(pool.allocate(generator.randint(1, 100 * KIB)))
            if len(blocks) > 10:
                blocks.pop(generator.randrange(10))

    in_threads(work)
    gc.collect()
    check(pool, device, kept)


def test_a_signal_handler_may_ask_the_pool_that_it_interrupts() -> None:
    device = ScriptedDevice()
    pool = Pool(device)
    kept: list[Block] = []
    calls = 0

    def handler(number: int, frame: Any) -> None:
        nonlocal calls
        calls += 1
        pool.allocate(3000).free()
        if calls % 10 == 0:
            kept.append(pool.allocate(5000))

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 2e-4, 2e-4)
    try:
        blocks: list[Block] = []
        generator = random.Random(9)
        while calls < 500:
            blocks.append(pool.allocate(generator.randint(1, 10_000)))
            if len(blocks) > 30:
                blocks.pop(generator.randrange(30))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    check(pool, device, blocks + kept)


def test_a_finaliser_that_fails_to_allocate_leaves_the_pool_as_it_is() -> None:
    """Its own request is refused while the pool's plan collects it; the plan goes on."""
    device = ScriptedDevice(capacity=4 * KIB * KIB)
    pool = Pool(device)
    failures: list[Exception] = []

    class Greedy:
        def __init__(self) -> None:
            self.block = pool.allocate(3 * KIB * KIB)
            self.self = self

        def __del__(self) -> None:
            try:
                pool.allocate(10 * KIB * KIB)
            except MemoryError as error:
                failures.append(error)

    gc.collect()
    gc.disable()
    try:
        Greedy()
        block = pool.allocate(2 * KIB * KIB)
    finally:
        gc.enable()
    assert len(failures) == 1
    check(pool, device, [block], failed=1)


def test_two_threads_that_free_the_same_block_free_it_once() -> None:
    device = ScriptedDevice()
    pool = Pool(device)
    for _ in range(300):
        block = pool.allocate(1000)
        barrier = threading.Barrier(2)

        def free(block: Block = block, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            block.free()

        threads = [threading.Thread(target=free) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        others = [pool.allocate(1000), pool.allocate(1000)]
        assert others[0].address != others[1].address
        check(pool, device, others)
