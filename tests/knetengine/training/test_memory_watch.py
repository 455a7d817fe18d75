"""A run's memory, looked at from outside: pictures while somebody looks, and traces."""

import gc
import itertools
import time
from pathlib import Path

import numpy as np
import pytest

from knetengine import grad
from knetengine.gpu import KnetArray
from knetengine.gpu.backends import backend_named
from knetengine.training import memory_watch
from knetengine.training.control import Looking
from knetengine.training.folder import RunFolder
from knetengine.training.memory_pictures import Holding, Picture, PoolPicture, read_picture
from knetengine.training.memory_traces import read_traces
from knetengine.training.memory_watch import MemoryWatch


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    gc.collect()
    backend_named("cpu")  # its pool is watched from here on
    return RunFolder(tmp_path)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are as many as there are steps."""
    monkeypatch.setattr(memory_watch, "PICTURE_SECONDS", 0.0)
    monkeypatch.setattr(memory_watch, "SHARE", 0)


def picture_of(folder: RunFolder) -> Picture:
    picture = read_picture(folder.memory)
    assert picture is not None
    return picture


def pool_of(folder: RunFolder) -> PoolPicture:
    return next(pool for pool in picture_of(folder).pools if pool.device == "cpu")


def test_nothing_is_written_while_nobody_looks(folder: RunFolder) -> None:
    watch = MemoryWatch(folder, Looking())
    for step in range(100):
        watch.heed(Looking(), step)
    assert list(folder.path.iterdir()) == []


def test_a_look_gives_a_picture_of_the_pools(folder: RunFolder) -> None:
    held = KnetArray(np.zeros((300, 1000)), device="cpu")
    MemoryWatch(folder, Looking()).heed(Looking(looks=1), 7)
    picture, pool = picture_of(folder), pool_of(folder)
    assert picture.step == 7
    assert picture.process_peak_bytes >= picture.process_bytes > 1 << 20
    assert 0 < picture.machine_free <= picture.machine_total
    assert pool.stats == backend_named("cpu").pool.stats()
    assert sum(segment.nbytes for segment in pool.segments) == pool.stats.reserved.now
    used = sum(p.nbytes for s in pool.segments for p in s.pieces if p.state == "used")
    assert pool.stats.active.now == used >= held.nbytes
    assert sum(holding.nbytes for holding in pool.holders) == pool.stats.requested.now
    assert {holding.line for holding in pool.holders} == {0}  # lines were not asked for


def test_a_picture_shows_what_a_gradient_keeps_in_the_middle_of_its_step(
    folder: RunFolder, at_once: None
) -> None:
    watch = MemoryWatch(folder, Looking())
    weights = KnetArray(np.ones((100, 1000)), device="cpu")

    def loss(w: KnetArray) -> KnetArray:
        return np.sum(np.tanh(w) ** 2)

    watch.heed(Looking(looks=1, lines=True), 0)
    assert not picture_of(folder).in_gradient  # whoever begins to look sees something at once
    held = pool_of(folder).stats.active.now
    for step in range(1, 4):
        grad(loss)(weights)
        watch.heed(Looking(looks=1, lines=True), step)
    picture, pool = picture_of(folder), pool_of(folder)
    assert picture.in_gradient
    assert picture.step == 3
    assert pool.stats.active.now >= held + weights.nbytes  # what tanh gave
    texts = {holding.text for holding in pool.holders}
    assert "return np.sum(np.tanh(w) ** 2)" in texts
    for _ in range(3):
        watch.heed(Looking(looks=1, lines=True), 3)  # a run that pauses shows its last step
    assert picture_of(folder).in_gradient
    assert picture_of(folder).written > picture.written
    watch.heed(Looking(looks=2), 3)


def test_a_model_without_gradients_is_seen_between_its_steps(
    folder: RunFolder, at_once: None
) -> None:
    watch = MemoryWatch(folder, Looking())
    for step in range(5):
        watch.heed(Looking(looks=1), step)
    assert picture_of(folder).step == 4
    assert not picture_of(folder).in_gradient


def test_pictures_end_when_nobody_has_looked_for_a_while(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(memory_watch.time, "monotonic", lambda: now)
    watch = MemoryWatch(folder, Looking())
    shown = list[float]()
    for _ in range(200):
        looks = 1 if now < 105 else 2
        watch.heed(Looking(looks=looks), 0)
        if folder.memory.exists():
            folder.memory.unlink()
            shown.append(now)
        now += 0.1
    assert len(shown) > 20
    assert max(shown) < 105.2 + memory_watch.LOOKED_SECONDS
    assert min(b - a for a, b in itertools.pairwise(shown)) > 0.2


def test_pictures_take_a_hundredth_of_the_time_at_most(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = memory_watch.show_atomically
    spent = list[float]()

    def slowly(path: Path, content: bytes) -> None:
        began = time.perf_counter()
        time.sleep(0.005)
        write(path, content)
        spent.append(time.perf_counter() - began)

    monkeypatch.setattr(memory_watch, "show_atomically", slowly)
    watch = MemoryWatch(folder, Looking())
    began = time.perf_counter()
    while time.perf_counter() - began < 3.0:
        watch.heed(Looking(looks=1), 0)
        time.sleep(0.001)
    assert spent
    assert sum(spent[:-1]) < 0.03  # a hundredth of what has passed until the last


def test_holders_are_known_by_their_lines_once_that_is_asked_for(
    folder: RunFolder, at_once: None
) -> None:
    watch = MemoryWatch(folder, Looking())
    before = KnetArray(np.zeros(5000), device="cpu")
    watch.heed(Looking(looks=1, lines=True), 0)
    pool = backend_named("cpu").pool
    assert pool.records_places
    held = [KnetArray(np.zeros(40_000), device="cpu") for _ in range(3)]
    watch.heed(Looking(looks=2, lines=True), 1)
    holding = next(h for h in pool_of(folder).holders if h.line and h.blocks == 3)
    assert holding.nbytes == sum(k.nbytes for k in held)
    assert holding.file == __file__
    assert holding.text.startswith("held = [KnetArray(np.zeros(40_000)")
    assert any(h.line == 0 and h.nbytes >= before.nbytes for h in pool_of(folder).holders)
    watch.heed(Looking(looks=2), 2)
    assert not pool.records_places


def test_lines_that_the_program_records_itself_stay_recorded(folder: RunFolder) -> None:
    pool = backend_named("cpu").pool
    pool.record_places()
    try:
        watch = MemoryWatch(folder, Looking())
        watch.heed(Looking(looks=1, lines=True), 0)
        watch.heed(Looking(looks=2), 0)
        watch.end()
        assert pool.records_places
    finally:
        pool.record_places(False)


def test_a_trace_covers_the_steps_that_were_asked_for(folder: RunFolder) -> None:
    kept = KnetArray(np.ones(1000), device="cpu")
    watch = MemoryWatch(folder, Looking(traces=1))
    wanted = Looking(looks=1, traces=2, steps=3)
    for step in range(10, 20):
        watch.heed(wanted, step)
        assert watch.traces == (step < 13)
        _ = kept + 1.0
    (trace,) = read_traces(folder.memory_trace)
    assert [step for _, step in trace.marks] == [10, 11, 12, 13]
    assert trace.device == "cpu"
    assert trace.live == trace.marks[0][0] >= 1
    assert [trace.step_of(event) for event, _ in trace.marks[:-1]] == [11, 12, 13]
    assert trace.step_of(0) == 0
    assert "_ = kept + 1.0" in {text for *_, text in trace.places}
    tracing = picture_of(folder).tracing
    assert tracing is not None
    assert (tracing.number, tracing.first, tracing.last, tracing.is_done) == (2, 10, 13, True)
    assert not backend_named("cpu").pool.records_places


def test_a_trace_that_the_run_outlives_not_is_kept(folder: RunFolder) -> None:
    watch = MemoryWatch(folder, Looking())
    watch.heed(Looking(traces=1, steps=100), 0)
    held = KnetArray(np.ones(1000), device="cpu")
    watch.heed(Looking(traces=1, steps=100), 1)
    watch.end()
    (trace,) = read_traces(folder.memory_trace)
    assert held.nbytes in {event[1] for event in trace.events if len(event) > 1}


def test_a_program_that_records_a_trace_itself_keeps_it(folder: RunFolder) -> None:
    watch = MemoryWatch(folder, Looking())
    with backend_named("cpu").pool.record_trace():
        watch.heed(Looking(looks=1, traces=1), 0)
    tracing = picture_of(folder).tracing
    assert tracing is not None
    assert "being recorded" in tracing.problem
    assert not watch.traces


def test_a_full_disk_does_not_stop_the_run(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(memory_watch, "show_atomically", full)
    MemoryWatch(folder, Looking()).heed(Looking(looks=1), 0)
    assert "No space left" in capsys.readouterr().out


def test_a_picture_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_picture(tmp_path / "memory.json") is None
    (tmp_path / "memory.json").write_text('{"written": "soon"}')
    assert read_picture(tmp_path / "memory.json") is None


def test_holders_of_a_line_are_summed_and_others_by_their_size() -> None:
    from knetengine.gpu.memory import Holder

    place = ("nowhere.py", 3, "f")
    found = memory_watch.by_line(
        [
            Holder(90, 3, 30, None),
            Holder(20, 1, 20, None),
            Holder(60, 3, 20, place),
            Holder(50, 1, 50, place),
        ]
    )
    assert found == [
        Holding(110, 4, 50, "nowhere.py", 3, "f", ""),
        Holding(90, 3, 30),
        Holding(20, 1, 20),
    ]
