"""Knet's bar: its text by Knet's own examples, and how it stands on a real terminal."""

import fcntl
import io
import itertools
import math
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.training import progress
from knetengine.training.progress_bar import line

NEVER = 1e9
BAR = r"┣(?P<bar>[█▉▊▋▌▍▎▏ ]{20})┫ \[(?P<count>[\d.]+%, \d+/\d+), [\d:]+/[\d:]+, [\d.]+(i/s|s/i)\]"


class Terminal:
    """A terminal of the system, and what stands on it."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 5, columns, 0, 0))
        self.file: TextIO = os.fdopen(slave, "w", encoding="utf-8")
        self.written = b""

    def close(self) -> None:
        """Close the program's side; what it wrote is in `written`."""
        if not self.file.closed:
            self.file.close()
            try:
                while block := os.read(self.master, 65536):
                    self.written += block
            except OSError:  # how a terminal of Linux says that its end was reached
                pass
            os.close(self.master)

    def drawings(self) -> list[str]:
        self.close()
        return [part.rstrip() for part in self.written.decode().split("\r")[1:] if part != "\n"]

    def screen(self) -> tuple[list[str], int]:
        """The lines that stand there, and in which of them the cursor is."""
        self.close()
        screen = pyte.Screen(self.columns, 5)
        pyte.ByteStream(screen).feed(self.written)
        return [row.rstrip() for row in screen.display], screen.cursor.y


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal(80)
    yield terminal
    terminal.close()


@pytest.fixture
def narrow() -> Iterator[Terminal]:
    terminal = Terminal(24)
    yield terminal
    terminal.close()


def test_the_line_of_knets_documentation() -> None:
    expected = "┣█████████████████▎  ┫ [86.83%, 903/1040, 01:36/01:50, 9.42i/s] 3.87835"
    assert line(903, 1040, 95.8, 9.42, 3.87835) == expected


def test_the_line_of_an_unknown_length() -> None:
    assert line(180, None, 418.4, 1 / 2.32, "3.30") == "[180, 06:58, 2.32s/i] 3.30"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((1, 1, 0.0, 0.0, ""), "┣████████████████████┫ [100.00%, 1/1, 00:00/00:00, 0.00i/s]"),
        ((1, 160, 0, 1.0, ""), "┣▏                   ┫ [0.62%, 1/160, 00:00/00:00, 1.00i/s]"),
        ((7, 160, 1, 0.5, ""), "┣▉                   ┫ [4.38%, 7/160, 00:01/00:23, 2.00s/i]"),
        ((9, 160, 4e3, 1, ""), "┣█▏                  ┫ [5.62%, 9/160, 01:06:40/19:45:11, 1.00i/s]"),
        ((5, 4, 59.6, 1234.5, ""), "[5, 01:00, 1234.50i/s]"),  # more than there should be
        ((2, None, 0, 1, "a\r\nb \x1b[31mc"), "[2, 00:00, 1.00i/s] a b [31mc"),
    ],
)
def test_lines_by_hand(arguments: Any, expected: str) -> None:
    assert line(*arguments) == expected


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_bar_has_twenty_cells_and_grows(one: int, other: int) -> None:
    done, total = min(one, other), max(one, other)
    now, before = (re.match(BAR, line(n, total, 1, 1, "")) for n in (done, max(1, done - 1)))
    assert now is not None
    assert before is not None
    filled = [sum(" ▏▎▍▌▋▊▉█".index(c) for c in match["bar"]) for match in (now, before)]
    assert filled[0] == 160 * done // total
    assert filled[1] <= filled[0]
    assert re.fullmatch("█*[▉▊▋▌▍▎▏]? *", now["bar"])


def test_every_item_is_drawn_and_passed_on(terminal: Terminal) -> None:
    losses = [4.0, 2.5, 1 / 3]
    assert list(progress(losses, seconds=0, file=terminal.file)) == losses
    found = terminal.drawings()
    matches = [re.fullmatch(BAR + " (?P<loss>.*)", text) for text in found]
    assert [(m["count"], m["loss"]) for m in matches if m] == [
        ("33.33%, 1/3", "4"),
        ("66.67%, 2/3", "2.5"),
        ("100.00%, 3/3", "0.333333"),
        ("100.00%, 3/3", "0.333333"),
    ]
    lines, cursor = terminal.screen()
    assert lines == [found[-1], "", "", "", ""]  # all on one line
    assert cursor == 1


def test_only_the_first_and_the_last_are_drawn_before_it_is_time(terminal: Terminal) -> None:
    for _ in progress(range(1000), seconds=NEVER, file=terminal.file):
        pass
    first, last = terminal.drawings()
    assert "[0.10%, 1/1000," in first
    assert "[100.00%, 1000/1000," in last
    assert last.endswith("] 999")


def test_it_looks_at_an_item_only_when_that_is_asked_for(terminal: Terminal) -> None:
    items = iter(range(5))
    bar = progress(items, file=terminal.file)
    assert next(items) == 0
    assert next(bar) == 1
    assert next(items) == 2


def test_a_message_of_ones_own(terminal: Terminal) -> None:
    bar = progress([(0.5, "a")], lambda p: f"loss {p[0]}", seconds=0, file=terminal.file)
    assert list(bar) == [(0.5, "a")]
    assert terminal.drawings()[-1].endswith("] loss 0.5")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (np.float32(3.87835), "] 3.87835"),
        (np.float64(1e-9), "] 1e-09"),
        (np.int64(1234567), "] 1234567"),
        (12345678, "] 12345678"),
        (math.nan, "] nan"),
        ("text", "]"),
        ((np.ones(3), np.ones(3)), "]"),
        (None, "]"),
    ],
)
def test_numbers_stand_behind_the_bar_by_themselves(
    item: Any, expected: str, terminal: Terminal
) -> None:
    assert list(progress([item], file=terminal.file)) == [item]
    assert re.search(r"\].*", terminal.drawings()[-1])[0] == expected


def test_a_longer_line_leaves_nothing_behind(terminal: Terminal) -> None:
    list(progress(["x" * 20, ""], str, seconds=0, file=terminal.file))
    assert terminal.screen()[0][0].endswith("]")


def test_a_narrow_terminal_is_not_overrun(narrow: Terminal) -> None:
    list(progress(range(9), seconds=0, file=narrow.file))
    lines, cursor = narrow.screen()
    assert lines[0] == "┣████████████████████┫"[:23]
    assert lines[1:] == [""] * 4
    assert cursor == 1


@pytest.mark.parametrize(
    ("iterable", "total", "expected"),
    [
        ((n for n in "abc"), None, r"^\[3, [\d:]+, .*\]$"),
        ((n for n in "abc"), 4, r"75.00%, 3/4"),
        ([1, 2, 3], 2, r"^\[3, [\d:]+,"),
        (iter([1, 2, 3]), None, r"100.00%, 3/3"),
        ({1: 2, 3: 4}, None, r"100.00%, 2/2"),
    ],
)
def test_how_many_there_are_is_known_or_not(
    iterable: Any, total: int | None, expected: str, terminal: Terminal
) -> None:
    list(progress(iterable, total=total, file=terminal.file))
    assert re.search(expected, terminal.drawings()[-1])


def test_leaving_early_frees_the_line(terminal: Terminal) -> None:
    for item in progress(itertools.count(), file=terminal.file, total=10):
        if item == 4:
            break
    lines, cursor = terminal.screen()
    assert "[50.00%, 5/10, " in lines[0]
    assert cursor == 1


def test_an_error_of_the_loop_passes_and_frees_the_line(terminal: Terminal) -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    bar = progress(failing(), file=terminal.file)
    assert next(bar) == 1
    with pytest.raises(ZeroDivisionError):
        next(bar)
    assert terminal.screen()[1] == 1


def test_nothing_to_do_draws_nothing(terminal: Terminal) -> None:
    assert list(progress([], file=terminal.file)) == []
    assert terminal.drawings() == []


def test_a_terminal_that_goes_away_does_not_stop_the_loop() -> None:
    terminal = Terminal(80)
    bar = progress(range(5), seconds=0, file=terminal.file)
    assert next(bar) == 0
    os.close(terminal.master)  # writing is an error of input and output from here on
    with pytest.raises(OSError, match="Input/output error"):
        print("x", file=terminal.file, flush=True)
    assert list(bar) == [1, 2, 3, 4]
    with pytest.raises(OSError, match="Input/output error"):
        terminal.file.close()


def test_without_a_terminal_nothing_is_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert list(progress(range(3), seconds=0)) == [0, 1, 2]
    assert capfd.readouterr() == ("", "")
    with (tmp_path / "log.txt").open("w") as file:
        assert list(progress(range(3), seconds=0, file=file)) == [0, 1, 2]
    assert (tmp_path / "log.txt").read_text() == ""
    assert list(progress(range(3), file=file)) == [0, 1, 2]  # closed
    assert list(progress(range(3), seconds=0, file=io.StringIO())) == [0, 1, 2]


def test_a_program_draws_on_its_standard_error(terminal: Terminal) -> None:
    code = "from knetengine.training import progress\nfor x in progress([0.5]): print(x)"
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=terminal.file, check=True
    )
    assert done.stdout == b"0.5\n"
    assert re.fullmatch(BAR + " 0.5", terminal.screen()[0][0])


@given(st.lists(st.integers()))
def test_it_is_the_same_loop(items: list[int]) -> None:
    assert list(progress(items)) == items
    assert list(progress(iter(items), total=3)) == items


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(ValueError, match="progress: total is -1; expected a number of items"):
        progress([1], total=-1)
    for seconds in (-1.0, math.nan):
        with pytest.raises(ValueError, match=r"progress: seconds is .*; expected 0 or more"):
            progress([1], seconds=seconds)
