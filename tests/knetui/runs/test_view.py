"""A run seen from outside, a little at a time."""

import itertools
import math
import socket
import time
from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.metrics import (
    Event,
    Gradients,
    Memory,
    MetricsWriter,
    Plan,
    Record,
    Report,
    encodable,
)
from knetui.runs import view as run_view
from knetui.runs.rate import Pace
from knetui.runs.view import LOG_BYTES, LOG_CHUNK_BYTES, LogView, RunView

LONG = 10.0


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return create_run("model", "", tmp_path / "model.py", ["--lr", "1"])


def write(folder: RunFolder, *records: Record) -> None:
    writer = MetricsWriter(folder.metrics)
    for record in records:
        writer.write(record)
    writer.close()


def points(view: RunView, name: str) -> list[tuple[float, float]]:
    x, y = view.curves[name].arrays()
    return list(zip(x.tolist(), y.tolist(), strict=True))


def report(epoch: int, seconds: float | None = None, **values: float) -> Report:
    return Report(epoch, epoch / 10 if seconds is None else seconds, encodable(values))


def test_a_new_run_has_nothing_yet(folder: RunFolder) -> None:
    view = RunView(folder)
    assert not view.read(LONG)
    assert (view.number, view.state.status, view.curves, view.events) == (1, "starting", {}, [])
    assert view.last is view.planned is view.memory is None
    assert view.pace() is None
    assert view.seconds() == 0.0


def test_records_are_taken_as_they_come(folder: RunFolder) -> None:
    view = RunView(folder)
    memory = Memory(0.1, 1, 2, 3, 4, 5)
    write(folder, Plan(0.0, 20), report(1, trn=0.5, tst=0.75), memory, Event(0.2, "paused"))
    assert view.read(LONG)
    assert not view.read(LONG)
    write(folder, report(2, trn=float("nan"), tst=0.5))
    assert view.read(LONG)
    assert points(view, "tst") == [(1, 0.75), (2, 0.5)]
    assert points(view, "trn") == [(1, 0.5)]
    assert view.curves["trn"].not_finite == 1
    assert view.last is not None
    assert math.isnan(view.last.figures()["trn"])
    assert (view.planned, view.memory, [e.name for e in view.events]) == (20, memory, ["paused"])


def test_it_is_farther_with_an_epoch_not_with_a_step(folder: RunFolder) -> None:
    view = RunView(folder)
    write(folder, Gradients(0.1, 1, 5, 0.5, {"w": 1.0}), Memory(0.1, 1, 2, 3, 4, 5))
    assert not view.read(LONG)
    assert view.step_loss.count == 1
    write(folder, report(1, trn=0.5))
    assert view.read(LONG)
    assert not view.read(LONG)


def test_what_was_before_it_is_looked_at_is_no_news(folder: RunFolder) -> None:
    many = [report(epoch, trn=1.0) for epoch in range(2000)]  # in several chunks
    write(folder, *many, Event(1.0, "swapped", "old"), Event(1.5, "not finite", "trn is nan"))
    view, of_a_new_run = RunView(folder), RunView(folder, is_new=True)
    write(folder, Event(2.0, "swapped", "new"), Event(2.5, "not finite", "tst is nan"))
    for one in (view, of_a_new_run):
        one.read(LONG)
        assert [event.time for event in one.events] == [1.0, 1.5, 2.0, 2.5]
    assert [event.time for event in view.news] == [2.0, 2.5]
    assert view.warnings == ["tst is nan"]
    assert of_a_new_run.news == of_a_new_run.events
    write(folder, Event(3.0, "paused", ""))
    view.read(LONG)
    assert [event.time for event in view.news] == [2.0, 2.5, 3.0]


def test_a_torn_line_waits_for_its_rest(folder: RunFolder) -> None:
    write(folder, report(1, trn=1.0), report(2, trn=2.0))
    whole = folder.metrics.read_bytes()
    folder.metrics.write_bytes(whole[:-7])
    view = RunView(folder)
    view.read(LONG)
    assert view.curves["trn"].count == 1
    with folder.metrics.open("ab") as file:
        file.write(whole[-7:])
    view.read(LONG)
    assert points(view, "trn") == [(1, 1.0), (2, 2.0)]


def test_a_long_run_is_read_within_its_budget(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock on which every look takes a millisecond: five chunks are read, and then others
    may have their turn."""
    write(folder, *(report(epoch, trn=1 / epoch) for epoch in range(1, 60_001)))
    milliseconds = itertools.count()
    monkeypatch.setattr(run_view.time, "perf_counter", lambda: next(milliseconds) / 1000)
    view = RunView(folder)
    reads = 0
    while view.read(0.0045):
        reads += 1
    size = folder.metrics.stat().st_size
    longest = max(map(len, folder.metrics.read_bytes().splitlines(keepends=True)))
    least, most = size / run_view.CHUNK_BYTES, size / (run_view.CHUNK_BYTES - longest)
    assert least > 10
    assert least / 5 <= reads <= most / 5 + 1  # a chunk ends where a line does
    assert view.curves["trn"].count == 60_000


def test_speed_follows_a_change_within_seconds(folder: RunFolder) -> None:
    folder.write_state(State("running", host="elsewhere", started=time.time()))
    view = RunView(folder)
    slow = [report(epoch, seconds=epoch * 1.0, trn=1.0) for epoch in range(1, 11)]
    fast = [report(10 + n, seconds=10 + n / 10, trn=1.0) for n in range(1, 151)]
    write(folder, Plan(0.0, 300), *slow)
    view.read(LONG)
    assert view.pace() == pytest.approx(Pace(1.0, 290.0), rel=0.01)
    write(folder, *fast)
    view.read(LONG)
    assert view.pace() == pytest.approx(Pace(10.0, 14.0), rel=0.1)


def test_the_time_that_is_left_goes_by_between_two_reports(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_state(State("running", host="elsewhere", started=time.time()))
    view = RunView(folder)
    write(folder, Plan(0.0, 5), *(report(n, seconds=60.0 * n, trn=1.0) for n in range(1, 4)))
    view.read(LONG)
    assert view.pace() == pytest.approx(Pace(1 / 60, 120.0), rel=0.01)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 45)
    assert view.pace() == pytest.approx(Pace(1 / 60, 75.0), rel=0.01)


def test_a_pause_does_not_slow_a_run_down(folder: RunFolder) -> None:
    view = RunView(folder)

    def go_on(status: str, *records: Record) -> Pace | None:
        folder.write_state(State(status, host="elsewhere"))  # type: ignore[arg-type]
        write(folder, *records)
        view.refresh_state()
        view.read(LONG)
        return view.pace()

    before = [report(n, seconds=n / 2, trn=1.0) for n in range(1, 20)]
    after = [report(n, seconds=300 + n / 2, trn=1.0) for n in range(20, 22)]
    assert go_on("running", *before) == Pace(pytest.approx(2.0), None)
    assert go_on("paused") is None
    assert go_on("running", *after) == Pace(pytest.approx(2.0), None)


def test_a_run_that_has_ended_has_no_speed(folder: RunFolder) -> None:
    write(folder, Plan(0.0, 100), report(1, trn=1.0), report(2, trn=1.0))
    folder.write_state(State("stopped", started=100.0, ended=107.0))
    view = RunView(folder)
    view.read(LONG)
    assert view.pace() is None
    assert view.seconds() == 7.0


def test_one_report_has_no_speed(folder: RunFolder) -> None:
    folder.write_state(State("running", host="elsewhere"))
    view = RunView(folder)
    write(folder, report(1, trn=1.0))
    view.read(LONG)
    assert view.pace() is None
    write(folder, report(2, seconds=0.1, trn=1.0))  # at the same time by the clock
    view.read(LONG)
    assert view.pace() is None


def test_more_epochs_than_planned_leave_no_time(folder: RunFolder) -> None:
    folder.write_state(State("running", host="elsewhere"))
    view = RunView(folder)
    write(folder, Plan(0.0, 1), report(1, trn=1.0), report(2, trn=1.0))
    view.read(LONG)
    assert view.pace() == Pace(pytest.approx(10.0), 0.0)


def test_a_run_that_died_lasted_until_its_last_report(folder: RunFolder) -> None:
    started = time.time() - 1000
    folder.write_state(State("running", host=socket.gethostname(), started=started))
    write(folder, report(40, trn=1.0))
    view = RunView(folder)
    view.read(LONG)
    assert view.state.status == "died"
    assert view.seconds() == 4.0


def test_a_run_that_has_ended_is_not_looked_up_again(folder: RunFolder) -> None:
    view = RunView(folder)
    folder.write_state(State("finished", started=1.0, ended=2.0))
    view.refresh_state()
    assert view.state.status == "finished"
    folder.remove()
    view.refresh_state()
    assert view.state.status == "finished"


def test_a_log_lags_while_there_is_more_of_it(folder: RunFolder) -> None:
    log = LogView(folder.log)
    assert not log.lags()  # there is no file yet
    folder.log.write_text("one\n")
    assert log.lags()
    log.read()
    assert not log.lags()
    folder.log.write_text("one\ntw")
    assert log.lags()


def test_the_log_is_read_as_it_grows(folder: RunFolder) -> None:
    view = LogView(folder.log)
    assert view.read() == []
    with folder.log.open("ab") as file:
        file.write("one\nzwei ä\n\xff".encode() + b"\xff")
        file.flush()
        assert view.read() == ["one", "zwei ä"]
        file.write(b" three\n")
    assert view.read() == ["ÿ\ufffd three"]
    assert view.read() == []


def test_of_a_long_log_the_end_is_shown_and_the_rest_is_counted(folder: RunFolder) -> None:
    line = b"x" * 99 + b"\n"
    folder.log.write_bytes(line * (3 * LOG_BYTES // 100))
    view = LogView(folder.log)
    first, *rest = view.read()
    assert first.endswith(f" bytes more are in {folder.log}")
    skipped = int(first.split()[1].replace(",", ""))
    assert skipped + 100 * len(rest) == 100 * (3 * LOG_BYTES // 100)
    assert LOG_BYTES - 200 < 100 * len(rest) <= LOG_BYTES
    assert set(rest) == {"x" * 99}


def test_of_a_flood_the_last_of_it_is_shown(folder: RunFolder) -> None:
    view = LogView(folder.log)
    view.read()
    with folder.log.open("ab") as file:
        for number in range(20_000):
            file.write(b"%08d\n" % number)
    first, *rest = view.read()
    assert first.startswith("... ")
    assert rest[-1] == "00019999"
    assert 9 * len(rest) <= LOG_CHUNK_BYTES
    assert [int(line) for line in rest] == list(range(20_000 - len(rest), 20_000))


def test_the_last_line_of_an_ended_run_is_shown_without_a_line_feed(folder: RunFolder) -> None:
    folder.log.write_bytes(b"one\nSegmentation fault")
    folder.write_state(State("failed", started=1.0, ended=2.0))
    view = LogView(folder.log)
    assert view.read(ended=True) + view.read(ended=True) == ["one", "Segmentation fault"]


def test_the_lines_of_a_log_know_where_they_end(folder: RunFolder) -> None:
    folder.log.write_bytes("größer\n\nlast".encode())
    view = LogView(folder.log)
    assert (view.read(), view.ends) == (["größer", ""], [9, 10])
    assert (view.read(ended=True), view.ends) == (["last"], [10])


def test_of_a_long_log_the_lines_around_a_place_are_read(folder: RunFolder) -> None:
    folder.log.write_text("".join(f"{number:099}\n" for number in range(50_000)))
    view = LogView(folder.log, around=2_000_100)
    lines = view.read()
    line = lines[view.ends.index(2_000_100)]
    assert int(line) == 20_000
    assert len(lines) * 100 <= LOG_BYTES
    tail = LogView(folder.log)
    lines = tail.read()
    assert [int(line) for line in lines[1:]] == [end // 100 - 1 for end in tail.ends[1:]]
    assert tail.ends[0] == tail.ends[1] - 100
