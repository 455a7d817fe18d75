import math
from pathlib import Path

from knetengine.training.metrics import Event, MetricsReader, MetricsWriter, Plan, Report, encodable


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    writer, reader = MetricsWriter(path), MetricsReader(path)
    records = [Plan(0.0, 20), Report(1, 0.5, {"trn": 0.25}), Event(0.6, "paused")]
    for record in records:
        writer.write(record)
    writer.close()
    assert reader.read() == records
    assert reader.read() == []


def test_what_is_not_finite_survives_json(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    writer = MetricsWriter(path)
    writer.write(Report(1, 0.5, encodable({"a": math.nan, "b": math.inf, "c": -math.inf})))
    writer.close()
    (report,) = MetricsReader(path).read()
    assert isinstance(report, Report)
    figures = report.figures()
    assert math.isnan(figures["a"])
    assert (figures["b"], figures["c"]) == (math.inf, -math.inf)


def test_damaged_lines_are_counted_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(
        b'{"kind":"plan","time":0,"epochs":1}\nrubbish\n{"kind":"plan","time":0,"epochs":2}\n'
    )
    reader = MetricsReader(path)
    assert [record.epochs for record in reader.read() if isinstance(record, Plan)] == [1, 2]
    assert reader.unreadable == 1
