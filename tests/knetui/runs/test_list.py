"""The runs of this user: read once when they have ended, and never a fault for a broken one."""

import time
from pathlib import Path

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.label import rename
from knetengine.training.metrics import MetricsWriter, Report
from knetui.runs.list import RunList


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


def test_many_runs_are_listed_in_time() -> None:
    for number in range(MANY):
        make(f"run{number}", State("finished"))
    start = time.perf_counter()
    runs = scanned()
    assert time.perf_counter() - start < 0.5  # measured 0.03
    while len(runs.names()) < MANY:  # those that were not read in time come with the next scans
        runs.scan()
    assert runs.names()[0] == f"{MANY:04d}-run{MANY - 1}"
    start = time.perf_counter()
    for _ in range(10):
        runs.scan()
    assert time.perf_counter() - start < 0.5  # measured 0.01


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
