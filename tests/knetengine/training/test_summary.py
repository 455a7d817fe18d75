"""A run in one line, read from the end of files of any length."""

import socket
import time
from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.metrics import Event, Memory, MetricsWriter, Record, Report, encodable
from knetengine.training.summary import last_report, summarise


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return create_run("model", "", tmp_path / "model.py", ["--lr", "0.5"])


def write(folder: RunFolder, *records: Record) -> None:
    writer = MetricsWriter(folder.metrics)
    for record in records:
        writer.write(record)
    writer.close()


def report(epoch: int, **values: float) -> Report:
    return Report(epoch, epoch / 10, encodable(values))


def test_a_run_that_has_only_just_been_made(folder: RunFolder) -> None:
    summary = summarise(folder)
    assert (summary.number, summary.name, summary.options) == (1, "model", ["--lr", "0.5"])
    assert summary.state.status == "starting"
    assert (summary.epoch, summary.figures, summary.seconds) == (None, {}, 0.0)


def test_the_newest_report_counts(folder: RunFolder) -> None:
    write(folder, report(1, trn=0.5), report(2, trn=0.25, tst=float("inf")))
    summary = summarise(folder)
    assert summary.epoch == 2
    assert summary.figures == {"trn": 0.25, "tst": float("inf")}


def test_samples_events_and_a_torn_line_after_it_do_not_hide_it(folder: RunFolder) -> None:
    write(folder, report(7, trn=1.0), Memory(1.0, 1, 2, 3, 4, 5), Event(1.0, "paused"))
    with folder.metrics.open("ab") as file:
        file.write(b'\x00\xff not json\n{"kind":"report","epoch":8,"ti')
    found = last_report(folder)
    assert found is not None
    assert found.epoch == 7


def test_a_long_file_is_read_from_its_end(folder: RunFolder) -> None:
    write(folder, *(report(epoch, trn=1.0 / epoch) for epoch in range(1, 50_001)))
    assert last_report(folder) == report(50_000, trn=1.0 / 50_000)


def test_a_report_of_many_figures_is_found(folder: RunFolder) -> None:
    write(folder, report(3, **{f"gradient_norm_of_layer_{i}": i / 7 for i in range(100)}))
    assert summarise(folder).epoch == 3


def test_a_report_before_many_pauses_is_found(folder: RunFolder) -> None:
    write(folder, report(3, trn=1.0), *(Event(float(i), "paused") for i in range(200)))
    assert summarise(folder).epoch == 3


def test_a_folder_without_figures_has_no_report(folder: RunFolder) -> None:
    folder.metrics.unlink()
    assert last_report(folder) is None


def test_a_run_lasts_from_its_start_to_its_end(folder: RunFolder) -> None:
    folder.write_state(State("finished", started=100.0, ended=103.5))
    assert summarise(folder).seconds == 3.5
    folder.write_state(State("finished", started=100.0, ended=90.0))  # the clock was set back
    assert summarise(folder).seconds == 0.0


def test_a_run_on_another_machine_lasts_until_now(folder: RunFolder) -> None:
    folder.write_state(State("running", host="elsewhere", started=time.time() - 60))
    summary = summarise(folder)
    assert summary.state.status == "running"
    assert summary.seconds == pytest.approx(60, abs=5)


def test_a_run_that_died_lasted_until_its_last_report(folder: RunFolder) -> None:
    write(folder, report(40, trn=1.0))
    started = time.time() - 1000
    folder.write_state(State("running", host=socket.gethostname(), started=started))
    summary = summarise(folder)
    assert summary.state.status == "died"
    assert summary.seconds == 4.0
