from pathlib import Path

from knetengine.training.tail import LineTail


def test_a_torn_line_waits_for_its_rest(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntw")
    tail = LineTail(path)
    assert tail.read() == [b"one"]
    assert tail.read() == []
    with path.open("ab") as file:
        file.write(b"o\n\nthree\n")
    assert tail.read() == [b"two", b"", b"three"]


def test_a_file_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    tail = LineTail(tmp_path / "log")
    assert tail.read() == []
    (tmp_path / "log").write_bytes(b"now\n")
    assert tail.read() == [b"now"]


def test_every_line_comes_once_whatever_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = [b"x" * length for length in (0, 1, 5, 40, 3, 0, 17)]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    for limit in (1, 2, 7, 18, 1000):
        tail, seen = LineTail(path), []
        while block := tail.read(limit):
            seen += block
        assert seen == lines


def test_skipping_goes_on_at_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"%04d\n" % number for number in range(100)))
    tail = LineTail(path)
    assert tail.skip_to_end(22) == 480
    assert tail.read() == [b"0096", b"0097", b"0098", b"0099"]
    assert tail.skip_to_end(22) == 0


def test_the_rest_is_what_has_no_end_yet(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"whole\ntorn")
    tail = LineTail(path)
    tail.read()
    assert tail.rest() == b"torn"
