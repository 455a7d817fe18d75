"""Event files: what TensorBoard itself reads of them, and what they are byte for byte."""

import math
import struct
from pathlib import Path
from typing import Any

import pytest

from knetengine.training.folder import RunFolder, create_run
from knetengine.training.recorder import Recorder
from knetengine.training.tensorboard import KEPT, TensorBoardWriter, checksum


def event_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("events.out.tfevents.*"))


def records(path: Path) -> list[bytes]:
    """The contents of the records of a file, with every checksum checked."""

    def unmasked(masked: int) -> int:
        rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
        return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF

    content, found = path.read_bytes(), []
    while content:
        length, of_length = struct.unpack("<QI", content[:12])
        data, (of_data,) = content[12 : 12 + length], struct.unpack_from("<I", content, 12 + length)
        assert checksum(content[:8]) == unmasked(of_length)
        assert checksum(data) == unmasked(of_data)
        found.append(data)
        content = content[16 + length :]
    return found


def accumulated(folder: Path) -> Any:
    """What TensorBoard reads; skips where it is not installed (it wants 152 MB)."""
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="TensorBoard is not there to read its files: pip install tensorboard",
        exc_type=ImportError,
    )
    read = accumulator.EventAccumulator(str(folder), {"scalars": 0})
    read.Reload()
    return read


def points(read: Any, tag: str) -> list[tuple[int, float]]:
    return [(scalar.step, scalar.value) for scalar in read.Scalars(tag)]


# CRC-32C of RFC 3720, B.4
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"123456789", 0xE3069283),
    ],
)
def test_the_checksum_is_that_of_castagnoli(content: bytes, expected: int) -> None:
    assert checksum(content) == expected


def test_without_a_report_there_is_no_file(tmp_path: Path) -> None:
    TensorBoardWriter(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_what_the_format_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1.5)
    writer = TensorBoardWriter(tmp_path)
    writer.report(300, 0.0, {"a": 0.5})
    writer.close()
    (path,) = event_files(tmp_path)
    time = b"\x09" + struct.pack("<d", 1.5)
    step = b"\x10\xac\x02"  # 300 = 0b10_0101100
    assert records(path) == [
        time + b"\x1a\x0dbrain.Event:2",
        time + step + b"\x3a\x02\x08\x01",
        time + step + b"\x2a\x0a\x0a\x08\x0a\x01a\x15" + struct.pack("<f", 0.5),
    ]


def test_tensorboard_reads_what_was_reported(tmp_path: Path) -> None:
    writer = TensorBoardWriter(tmp_path)
    for epoch in range(1000):
        writer.report(epoch, epoch * 0.1, {"trn": 1 / (epoch + 1), "größe/tst": float(epoch)})
    writer.close()
    read = accumulated(tmp_path)
    assert set(read.Tags()["scalars"]) == {"trn", "größe/tst"}
    assert points(read, "größe/tst") == [(epoch, float(epoch)) for epoch in range(1000)]
    assert [value for _, value in points(read, "trn")] == pytest.approx(
        [1 / (epoch + 1) for epoch in range(1000)]
    )


def test_norms_come_with_the_report_after_them(tmp_path: Path) -> None:
    writer = TensorBoardWriter(tmp_path)
    writer.report(0, 0.0, {"trn": 3.0})
    writer.gradients(2.5, {"w[0]": 0.25, "w[1]": math.nan})
    writer.report(1, 1.0, {"trn": 2.0})
    writer.report(2, 2.0, {"trn": 1.0})
    writer.close()
    tagged = [b"w[0]" in record for record in records(event_files(tmp_path)[0])]
    assert tagged == [False, False, False, True, False]
    read = accumulated(tmp_path)
    assert points(read, "gradients/w[0]") == [(1, 0.25)]
    assert points(read, "gradients/loss of the step") == [(1, 2.5)]
    assert points(read, "trn") == [(0, 3.0), (1, 2.0), (2, 1.0)]


def test_what_is_not_finite_or_too_large_is_read_as_such(tmp_path: Path) -> None:
    writer = TensorBoardWriter(tmp_path)
    for epoch, value in enumerate((math.nan, math.inf, -math.inf, 1e300, -1e300, 1e-300)):
        writer.report(epoch, float(epoch), {"a": value})
    writer.close()
    values = [value for _, value in points(accumulated(tmp_path), "a")]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf, math.inf, -math.inf, 0.0]


def test_who_goes_back_to_a_checkpoint_takes_back_what_came_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for began, epochs, value in ((1000.0, range(10), 1.0), (2000.0, range(5, 8), 2.0)):
        monkeypatch.setattr("time.time", lambda now=began: now)
        writer = TensorBoardWriter(tmp_path)
        for epoch in epochs:
            writer.report(epoch, float(epoch), {"a": value})
        writer.close()
    assert len(event_files(tmp_path)) == 2
    expected = [(epoch, 1.0) for epoch in range(5)] + [(epoch, 2.0) for epoch in range(5, 8)]
    assert points(accumulated(tmp_path), "a") == expected


def test_of_very_many_reports_the_file_has_few_and_the_last(tmp_path: Path) -> None:
    writer = TensorBoardWriter(tmp_path)
    length = 5 * KEPT
    for epoch in range(length):  # 20,000 a second
        writer.report(epoch, 1 + epoch / 20_000, {"a": float(epoch)})
    writer.close()
    (path,) = event_files(tmp_path)
    written = records(path)
    assert KEPT < len(written) < 2 * KEPT
    assert written[-1].endswith(struct.pack("<f", length - 1))


def test_a_full_disk_ends_the_events_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TensorBoardWriter(tmp_path)
    writer.report(0, 0.0, {"a": 1.0})
    with monkeypatch.context() as full:
        full.setattr("os.write", lambda _descriptor, record: len(record) // 2)
        writer.report(1, 1.0, {"a": 1.0})
    writer.report(2, 2.0, {"a": 1.0})
    writer.close()
    assert len(records(event_files(tmp_path)[0])) == 3


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return create_run("model", "", tmp_path / "model.py", [])


def test_a_run_writes_its_events_beside_its_figures(folder: RunFolder) -> None:
    recorder = Recorder(folder)
    for epoch in (1, 2):
        recorder.report(epoch, {"trn": 1.0 / epoch})
    recorder.end("finished")
    (path,) = event_files(folder.path)
    assert len(records(path)) == 4
    assert points(accumulated(folder.path), "trn") == [(1, 1.0), (2, 0.5)]


def test_a_run_that_reports_nothing_writes_no_events(folder: RunFolder) -> None:
    Recorder(folder).end("finished")
    assert event_files(folder.path) == []
