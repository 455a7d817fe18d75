"""Ctrl-C, and whatever else is raised amid the work of a pool: it can be used as before."""

import gc
import os
import random
import signal
import sys
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

import pytest

import knetengine.gpu.memory
from knetengine.gpu.memory import POLICIES, Block, HostMemory, Pool
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice, check

pytestmark = pytest.mark.usefixtures("quick_collections")

MIB = 1 << 20
STREAMS = (0, "copies")
PACKAGE = os.path.dirname(knetengine.gpu.memory.__file__) + os.sep
FREE: CodeType = Block.free.__code__


class Stop(BaseException):
    """What is raised."""


class Interruption:
    """Raises `Stop` at the n-th place in the package where a signal could raise it.

    Python runs signal handlers when a function is entered and when one of C's has returned (and at
    the end of a loop's turn, where the figures are the same). Entering `Block.free` is left out:
    it is called by a finaliser, what is raised there is ignored, and the block is lost. It is
    ignored too where a plan that was not used up is dropped, which does no harm.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.places = 0

    def __enter__(self) -> "Interruption":
        self._hook, sys.unraisablehook = sys.unraisablehook, self._ignore
        sys.setprofile(self._at)
        return self

    def __exit__(self, kind: type[BaseException] | None, *what: object) -> bool:
        sys.setprofile(None)
        sys.unraisablehook = self._hook
        return kind is Stop

    def _ignore(self, ignored: Any) -> None:
        assert ignored.exc_type is Stop

    def _at(self, frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event not in ("call", "c_return") or not code.co_filename.startswith(PACKAGE):
            return
        if event == "call" and code is FREE:
            return
        self.places += 1
        if self.places == self.number:
            sys.setprofile(None)
            raise Stop


def use(pool: Pool, device: ScriptedDevice, blocks: list[Block], seed: int, steps: int) -> None:
    """Some of everything."""
    generator = random.Random(seed)
    for step in range(steps):
        if generator.random() < 0.6:
            size = generator.choice([100, 5000, MIB, 3 * MIB, 12 * MIB])
            block = pool.allocate(size, generator.choice(STREAMS))
            blocks.append(block)
            del block
            if generator.random() < 0.3:
                blocks[-1].used_on(generator.choice(STREAMS))
        elif blocks:
            del blocks[generator.randrange(len(blocks))]
        if step % 10 == 9:
            pool.release_cached()
        if generator.random() < 0.2:
            device.let_happen()


def interrupted(policy: str, number: int) -> bool:
    """Whether there was a place of this number; the pool must not mind."""
    device = ScriptedDevice(200 * MIB, running=True)
    pool = Pool(device, POLICIES[policy](), order=device, soft_limit=30 * MIB)
    blocks: list[Block] = []
    with Interruption(number) as interruption:
        use(pool, device, blocks, 5, 30)
    there_was = interruption.places == number
    check(pool, device, blocks, 1)
    use(pool, device, blocks, 6, 10)
    check(pool, device, blocks, 1)
    blocks.clear()
    pool.stats()  # marks for those that were used elsewhere
    device.let_happen()
    pool.release_cached()
    check(pool, device, [], 1)
    assert not device.given
    return there_was


@pytest.mark.parametrize("policy", POLICIES)
def test_an_interruption_at_any_place(policy: str) -> None:
    number = 1
    while interrupted(policy, number):
        number += 1
    assert number > 500


@pytest.mark.parametrize("policy", POLICIES)
def test_interruptions_again_and_again(policy: str) -> None:
    """Also while what the one before left is being mended."""
    device = ScriptedDevice(200 * MIB, running=True)
    pool = Pool(device, POLICIES[policy](), order=device)
    blocks: list[Block] = []
    generator = random.Random(8)
    stopped = 0
    for seed in range(300):
        with Interruption(generator.randint(1, 150)) as interruption:
            use(pool, device, blocks, seed, 10)
        stopped += interruption.places >= interruption.number
        if seed % 10 == 9:
            check(pool, device, blocks, stopped)
            del blocks[20:]
    assert stopped > 200
    blocks.clear()
    pool.stats()  # marks for those that were used elsewhere
    device.let_happen()
    pool.release_cached()
    assert not device.given


@pytest.mark.parametrize("policy", POLICIES)
def test_an_interruption_while_another_request_collects_garbage(policy: str) -> None:
    """The pool is open then: what a finaliser's own request left half done is mended at once."""

    class Restless:
        def __init__(self, pool: Pool, number: int) -> None:
            self.pool = pool
            self.number = number
            self.self = self

        def __del__(self) -> None:
            held = self.pool.allocate(3 * MIB)
            with Interruption(self.number):
                del held
                self.pool.allocate(MIB)

    gc.disable()
    try:
        for number in range(1, 60):
            device = ScriptedDevice(20 * MIB)
            pool = Pool(device, POLICIES[policy](), order=device)
            blocks = [pool.allocate(MIB) for _ in range(8)]
            del blocks[::2]
            pool.stats()
            Restless(pool, number)
            with pytest.raises(MemoryError):
                pool.allocate(40 * MIB)
            check(pool, device, blocks, 2)
            blocks.append(pool.allocate(5 * MIB))
            check(pool, device, blocks, 2)
    finally:
        gc.enable()


def test_an_interrupted_trace_can_be_replayed() -> None:
    device = ScriptedDevice()
    pool = Pool(device)
    blocks: list[Block] = []
    for number in range(1, 200, 7):
        with pool.record_trace() as trace:
            with Interruption(number):
                use(pool, device, blocks, 5, 10)
            blocks.clear()
            pool.stats()
        live: set[int] = set()
        for event in trace:
            live ^= {event.block}
        assert not live


def test_a_signal_handler_that_raises() -> None:
    """A timer that raises as Ctrl-C does, on memory of the host."""
    armed = False

    def handler(number: int, frame: Any) -> None:
        nonlocal armed
        if armed:
            armed = False
            raise Stop

    pool = Pool(HostMemory())
    generator = random.Random(9)
    sizes = [generator.randint(1, 200_000) for _ in range(1000)]
    lost: list[Any] = []  # raised in a finaliser: see Interruption
    blocks: list[Block] = []
    stopped = 0
    before, hook = signal.signal(signal.SIGALRM, handler), sys.unraisablehook
    sys.unraisablehook = lost.append
    signal.setitimer(signal.ITIMER_REAL, 3e-4, 3e-4)
    try:
        while stopped < 200:
            try:
                armed = True
                for size in sizes:
                    blocks.append(pool.allocate(size))
                    if len(blocks) > 30:
                        blocks.pop(size % 30)
                armed = False
            except Stop:
                stopped += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = hook
    stats = pool.stats()
    assert len(blocks) <= stats.blocks <= len(blocks) + len(lost)
    assert stats.requested.now >= sum(block.requested_bytes for block in blocks)
    ends = sorted((int(b.address), int(b.address) + b.rounded_bytes) for b in blocks)
    assert all(end <= start for (_, end), (start, _) in pairwise(ends))
