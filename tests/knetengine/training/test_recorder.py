"""What a run writes down of itself."""

from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, create_run
from knetengine.training.metrics import MetricsReader, Report
from knetengine.training.recorder import Recorder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return create_run("model", "", tmp_path / "model.py", [])


def reports(folder: RunFolder) -> list[Report]:
    return [r for r in MetricsReader(folder.metrics).read() if isinstance(r, Report)]


def test_a_report_says_how_many_steps_there_were_and_how_long_the_log_was(
    folder: RunFolder,
) -> None:
    recorder = Recorder(folder)
    for epoch in recorder.loop(range(3)):
        with folder.log.open("a") as log:
            log.write(f"epoch {epoch}\n")
        recorder.report(epoch, {"trn": 1.0})
    recorder.end("finished")
    written = reports(folder)
    assert [report.step for report in written] == [0, 1, 2]
    assert [report.log for report in written] == [8, 16, 24]


def test_without_a_log_it_does_not_say(folder: RunFolder) -> None:
    folder.log.unlink(missing_ok=True)
    recorder = Recorder(folder)
    recorder.report(0, {"trn": 1.0})
    recorder.end("finished")
    assert [report.log for report in reports(folder)] == [None]
