"""The runs of this user: read once when they have ended, and never a fault for a broken one."""

import math
from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.label import rename
from knetengine.training.metrics import MetricsWriter, Report
from knetengine.training.summary import Summary
from knetui.runs import list as run_list
from knetui.runs.list import CHECKED_AT_A_TIME, FIRST_SECONDS, READ_SECONDS, RunList


def make(name: str, state: State | None = None, epoch: int | None = None) -> RunFolder:
    folder = create_run(name, "", Path("/where/model.py"), [])
    if state is not None:
        folder.write_state(state)
    if epoch is not None:
        writer = MetricsWriter(folder.metrics)
        writer.write(Report(epoch, 1.0, {"trn": 0.5}))
        writer.close()
    return folder


def scanned() -> RunList:
    runs = RunList()
    runs.scan()
    return runs


def test_without_runs_the_list_is_empty() -> None:
    runs = scanned()
    assert (runs.names(), runs.view("0001-model")) == ([], None)


def test_the_newest_run_is_first() -> None:
    for name in ("first", "second", "third"):
        make(name, State("finished"))
    assert scanned().names() == ["0003-third", "0002-second", "0001-first"]


def test_a_run_goes_on_from_scan_to_scan() -> None:
    folder = make("model", State("running", host="elsewhere"), epoch=1)
    runs = scanned()
    assert runs.summaries["0001-model"].epoch == 1
    writer = MetricsWriter(folder.metrics)
    writer.write(Report(2, 2.0, {"trn": 0.25}))
    writer.close()
    folder.write_state(State("finished"))
    runs.scan()
    summary = runs.summaries["0001-model"]
    assert (summary.epoch, summary.figures, summary.state.status) == (2, {"trn": 0.25}, "finished")


def test_a_run_that_has_ended_is_not_read_again() -> None:
    folder = make("model", State("finished"), epoch=1)
    runs = scanned()
    before = runs.summaries["0001-model"]
    folder.metrics.write_bytes(b"")
    runs.scan()
    assert runs.summaries["0001-model"] is before


def test_a_damaged_run_is_left_out_and_the_others_stay(home: Path) -> None:
    for name in ("first", "second", "third", "fourth"):
        make(name, State("finished"))
    runs_folder = home / "runs"
    (runs_folder / "0002-second" / "run.json").write_bytes(b"{")
    (runs_folder / "0003-third" / "state.json").write_bytes(b"")
    runs = scanned()
    assert runs.names() == ["0004-fourth", "0001-first"]
    assert runs.view("0002-second") is None
    for name in ("0002-second", "0003-third"):
        RunFolder(runs_folder / name).remove()


def test_a_view_is_made_once_and_forgotten_with_its_run() -> None:
    folder = make("model", State("finished"), epoch=3)
    runs = scanned()
    view = runs.view("0001-model")
    assert view is not None
    assert runs.view("0001-model") is view
    runs.scan()
    assert runs.view("0001-model") is view
    runs.remove(folder)
    assert not folder.path.exists()
    assert (runs.names(), runs.view("0001-model")) == ([], None)


MANY = 300


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that were read, by a clock on which each takes a 1024th of a second."""
    names = list[str]()
    read = run_list.summarise

    def summarise(folder: RunFolder) -> Summary:
        names.append(folder.path.name)
        return read(folder)

    monkeypatch.setattr(run_list.time, "perf_counter", lambda: len(names) / 1024)
    monkeypatch.setattr(run_list, "summarise", summarise)
    return names


def test_of_many_runs_so_many_are_read_as_there_is_time_for(reads: list[str]) -> None:
    for number in range(MANY):
        make(f"run{number}", State("finished"))
    runs = scanned()
    first = len(reads)
    assert first == math.ceil(FIRST_SECONDS * 1024)
    assert runs.names()[0] == f"{MANY:04d}-run{MANY - 1}"
    runs.scan()
    assert len(reads) - first == math.ceil(READ_SECONDS * 1024)
    while len(runs.names()) < MANY:
        runs.scan()
    assert runs.names() == sorted(runs.names(), reverse=True)
    assert len(reads) == MANY
    runs.scan()
    assert len(reads) == MANY  # they have ended


def test_of_many_runs_a_few_are_looked_at_in_each_scan(reads: list[str]) -> None:
    for number in range(MANY):
        make(f"run{number}", State("finished"))
    runs = scanned()
    while len(runs.names()) < MANY:
        runs.scan()
    for folder in runs.folders.values():
        rename(folder, "other")
    reads.clear()
    looks: list[int] = []
    while {run.title for run in runs.summaries.values()} != {"other"}:
        before = len(reads)
        runs.scan()
        looks.append(len(reads) - before)
        assert len(looks) < 10
    assert max(looks) <= CHECKED_AT_A_TIME


def test_an_ended_run_that_somebody_named_is_read_again() -> None:
    folder = make("model", State("finished"))
    runs = scanned()
    rename(folder, "best")
    runs.scan()
    assert runs.summaries["0001-model"].title == "best"


def test_a_run_that_goes_on_has_another_view() -> None:
    folder = make("model", State("stopped"), epoch=3)
    runs = scanned()
    view = runs.view("0001-model")
    assert runs.cut == set()
    folder.write_state(State("running", host="elsewhere"))
    runs.scan()
    assert runs.cut == {"0001-model"}
    again = runs.view("0001-model")
    assert again is not None
    assert again is not view
    assert again.state.status == "running"
