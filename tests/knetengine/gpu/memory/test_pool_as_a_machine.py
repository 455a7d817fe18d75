"""Any sequence of calls, on every policy: nothing overlaps, nothing is lost, figures add up."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from knetengine.gpu.drivers.interface import DriverError
from knetengine.gpu.memory import POLICIES, Block, OutOfMemoryError, Pool, Segment
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice, check

MIB = 1 << 20
CAPACITY = 200 * MIB
STREAMS = (0, "copies", "others")
pytestmark = pytest.mark.usefixtures("quick_collections")

sizes = st.one_of(
    st.integers(0, 2000),
    st.integers(0, 3 * MIB),
    st.sampled_from([0, 1, 511, 512, 513, MIB, MIB + 1, 2 * MIB, 10 * MIB, 10 * MIB + 1]),
    st.integers(0, 60 * MIB),
)


class PoolMachine(RuleBasedStateMachine):
    """A pool on a device with three streams, whose marks happen when told."""

    policy = ""

    def __init__(self) -> None:
        super().__init__()
        self.device = ScriptedDevice(CAPACITY, running=True)
        self.pool = Pool(self.device, POLICIES[self.policy](), order=self.device)
        self.blocks: list[Block] = []
        self.uses: dict[int, set[Any]] = {}  # streams, by the address of a block
        self.past: list[tuple[int, int, dict[Any, int]]] = []  # first, last, positions of streams
        self.failed = 0

    @rule(nbytes=sizes, stream=st.sampled_from(STREAMS))
    def allocate(self, nbytes: int, stream: Any) -> None:
        try:
            block = self.pool.allocate(nbytes, stream)
        except OutOfMemoryError as error:
            self.failed += 1
            self.nothing_could_have_helped(error)
            return
        except DriverError:
            self.failed += 1
            return
        assert block.stream == stream
        assert block.requested_bytes == nbytes <= block.rounded_bytes
        assert block.address % 512 == 0
        first, last = int(block.address), int(block.address) + block.rounded_bytes
        for start, end, positions in self.past:
            if start < last and first < end:
                for earlier, position in positions.items():
                    assert self.device.comes_after(stream, earlier, position)
        self.device.work(stream)
        self.blocks.append(block)
        self.uses[first] = {stream}

    def nothing_could_have_helped(self, error: OutOfMemoryError) -> None:
        assert not self.wholly_free()
        stats = error.stats
        rooms = [CAPACITY - stats.reserved.now]
        if stats.limit is not None:
            rooms.append(stats.limit - stats.reserved.now)
        # rounding takes 26 % at most, a segment of PyTorch's 20 MiB
        assert min(rooms) < max(error.requested_bytes * 1.26 + 512, 20 * MIB)

    def wholly_free(self) -> list[Segment]:
        with self.device.reliable():
            segments = self.pool.segments()
        return [s for s in segments if all(piece.state == "free" for piece in s.pieces)]

    @precondition(lambda self: self.blocks)
    @rule(data=st.data(), explicitly=st.booleans())
    def free(self, data: st.DataObject, explicitly: bool) -> None:
        block = self.blocks.pop(data.draw(st.integers(0, len(self.blocks) - 1)))
        first = int(block.address)
        used = self.uses.pop(first)
        positions = {stream: self.device.work(stream) for stream in used}
        self.past.append((first, first + block.rounded_bytes, positions))
        if explicitly:
            block.free()
            block.free()
            assert block.is_free
        del block

    @precondition(lambda self: self.blocks)
    @rule(data=st.data(), stream=st.sampled_from(STREAMS))
    def use_elsewhere(self, data: st.DataObject, stream: Any) -> None:
        block = self.blocks[data.draw(st.integers(0, len(self.blocks) - 1))]
        block.used_on(stream)
        self.device.work(stream)
        self.uses[int(block.address)].add(stream)

    @rule()
    def marks_happen(self) -> None:
        self.device.let_happen()

    @rule(calls=st.integers(1, 4))
    def the_driver_will_fail(self, calls: int) -> None:
        self.device.failing = {self.device.calls + calls}

    @rule()
    def release_cached(self) -> None:
        try:
            self.pool.release_cached()
        except DriverError:
            return
        assert not self.wholly_free()

    @rule(limit=st.none() | st.integers(0, CAPACITY))
    def set_limit(self, limit: int | None) -> None:
        try:
            self.pool.limit = limit
        except DriverError:
            return
        assert self.pool.limit == limit

    @rule(limit=st.none() | st.integers(0, CAPACITY))
    def set_soft_limit(self, limit: int | None) -> None:
        try:
            self.pool.soft_limit = limit
        except DriverError:
            return
        assert self.pool.soft_limit == limit

    @rule()
    def reset_peaks(self) -> None:
        try:
            self.pool.reset_peaks()
        except DriverError:
            return
        with self.device.reliable():
            stats = self.pool.stats()
        for name in ("requested", "rounded", "active", "reserved", "inactive_split"):
            assert len(set(getattr(stats, name))) == 1

    @invariant()
    def everything_adds_up(self) -> None:
        check(self.pool, self.device, self.blocks, self.failed)

    def teardown(self) -> None:
        self.device.failing = set()
        self.blocks.clear()
        self.pool.stats()  # marks for those that were used elsewhere
        self.device.let_happen()
        self.pool.release_cached()
        check(self.pool, self.device, [], self.failed)
        assert not self.device.given  # every segment was whole again


@pytest.mark.parametrize("policy", POLICIES)
def test_any_sequence_of_calls(policy: str) -> None:
    machine = type(f"{policy} machine", (PoolMachine,), {"policy": policy})
    test = machine.TestCase()
    test.settings = settings(max_examples=40, stateful_step_count=60, deadline=None)
    test.runTest()


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_any_long_sequence_of_calls(policy: str) -> None:
    machine = type(f"{policy} machine", (PoolMachine,), {"policy": policy})
    test = machine.TestCase()
    test.settings = settings(max_examples=200, stateful_step_count=100, deadline=None)
    test.runTest()
