"""One epoch's report in a file of very many, without reading all of it."""

from pathlib import Path

import pytest

from knetengine.training.metrics import Event, Memory, MetricsWriter, Report
from knetui.curves.report_lookup import BLOCK_BYTES, report_at


def write(path: Path, count: int) -> None:
    writer = MetricsWriter(path)
    for epoch in range(0, 3 * count, 3):
        writer.write(Report(epoch, epoch / 2, {"trn": float(epoch)}, epoch, epoch))
        if epoch % 50 == 0:
            writer.write(Memory(0.0, 1, 2, 3, 4, 5))
            writer.write(Event(0.0, "paused", "x" * 300))
    writer.close()


@pytest.mark.parametrize("count", [1, 10, 3000])
def test_every_report_is_found_at_and_after_its_epoch(tmp_path: Path, count: int) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, count)
    for epoch in range(0, 3 * count, max(3, 3 * (count // 100))):
        for at in (epoch, epoch + 0.5, epoch + 2.9):
            found = report_at(path, at)
            assert found is not None
            assert found.epoch == epoch


def test_only_some_blocks_of_a_long_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, 20_000)
    before = path.read_bytes()
    broken = bytearray(before)
    half = len(broken) // 2
    broken[half + 3 * BLOCK_BYTES : half + 10 * BLOCK_BYTES] = b"\0" * (7 * BLOCK_BYTES)
    path.write_bytes(broken)
    found = report_at(path, 300)
    assert found is not None
    assert found.epoch == 300


def test_before_the_first_report_it_is_the_first(tmp_path: Path) -> None:
    write(tmp_path / "m", 3)
    found = report_at(tmp_path / "m", -5)
    assert found is not None
    assert found.epoch == 0


@pytest.mark.parametrize("content", [b"", b'{"kind": "report", "epoch": 1', b"\xff\xfe\n"])
def test_without_a_report_there_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    assert report_at(tmp_path / "m", 1) is None
    assert report_at(tmp_path / "missing", 1) is None
