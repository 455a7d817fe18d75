"""Looking at a run's memory through its folder, with the run's own side at the other end."""

from pathlib import Path

import numpy as np
import pytest

from knetengine.gpu import KnetArray
from knetengine.training.control import Looking, read_control
from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.memory_watch import MemoryWatch
from knetui.memory.desk import MemoryDesk
from knetui.memory.what_if import WhatIfError, ask
from knetui.runs.view import RunView


@pytest.fixture
def folder(home: Path) -> RunFolder:
    folder = create_run("model", "pass\n", Path("model.py"), [])
    folder.write_state(State("running", 1, "another machine", 1000.0))
    return folder


@pytest.fixture
def desk(folder: RunFolder) -> MemoryDesk:
    return MemoryDesk(RunView(folder))


def test_a_look_is_answered_by_a_picture(desk: MemoryDesk) -> None:
    held = KnetArray(np.ones(1000), device="cpu")
    watch = MemoryWatch(desk.folder, Looking())
    assert not desk.read()
    desk.look()
    watch.heed(read_control(desk.folder.control).looking, 3)
    assert desk.read()
    assert not desk.read()  # it is the same still
    assert desk.picture is not None
    assert desk.picture.step == 3
    assert desk.picture.pools[0].stats.active.now >= held.nbytes


def test_looks_and_traces_of_several_workbenches_add_up(desk: MemoryDesk) -> None:
    other = MemoryDesk(RunView(desk.folder))
    for one in (desk, other, desk):
        one.look()
    other.lines = True
    other.ask_for_trace()
    desk.ask_for_trace()
    looking = read_control(desk.folder.control).looking
    assert (looking.looks, looking.traces) == (5, 2)


def test_a_trace_is_waited_for_until_it_is_there(desk: MemoryDesk) -> None:
    kept = KnetArray(np.ones(1000), device="cpu")
    watch = MemoryWatch(desk.folder, Looking())
    assert not desk.is_tracing
    desk.ask_for_trace()
    for step in range(30):
        assert desk.is_tracing or step > 20
        watch.heed(read_control(desk.folder.control).looking, step)
        desk.read()
        _ = kept + kept
    assert not desk.is_tracing
    assert desk.has_trace
    assert desk.traced_steps == 20


def test_a_run_that_has_ended_is_asked_nothing(desk: MemoryDesk) -> None:
    desk.folder.write_state(State("finished", 1, "another machine", 1000.0, 1001.0))
    desk.run.refresh_state()
    desk.look()
    assert read_control(desk.folder.control).looking == Looking()


async def test_a_recorded_trace_is_replayed_in_a_process_of_its_own(desk: MemoryDesk) -> None:
    kept = KnetArray(np.ones(100_000), device="cpu")
    watch = MemoryWatch(desk.folder, Looking())
    wanted = Looking(traces=1, steps=2)
    for step in range(5):
        watch.heed(wanted, step)
        _ = (kept + kept) * kept
    trace = desk.folder.memory_trace
    found = [answer async for answer in ask(trace, "cpu", 64 << 20)]
    assert [answer.failed_step for answer in found] == [None] * len(found)
    needed = found[0].needed
    assert found[0].of_run
    under = [answer async for answer in ask(trace, "cpu", needed - 1)]
    own = under[0]
    assert own.failed_step in (1, 2)
    assert own.failed_bytes == kept.nbytes
    assert any("_ = (kept + kept) * kept" in holder.text for holder in own.holders)


async def test_what_cannot_be_replayed_is_told(desk: MemoryDesk) -> None:
    with pytest.raises(WhatIfError, match="cannot be read"):
        async for _ in ask(desk.folder.memory_trace, "cpu", 1000):
            pass
    desk.folder.memory_trace.write_text("[]")
    with pytest.raises(WhatIfError, match="no trace of 'cpu'"):
        async for _ in ask(desk.folder.memory_trace, "cpu", 1000):
            pass
