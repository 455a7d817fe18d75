"""What a run has written, as the workbench reads it."""

import math
from pathlib import Path

import msgspec
import pytest

from knetengine.training.control import Sampling
from knetengine.training.folder import RunFolder
from knetengine.training.samples import Done, Line, Piece, Text
from knetui.runs.samples import KEPT_PIECES, Samples, tune_count


def add(folder: RunFolder, *lines: Line) -> None:
    with folder.samples.open("ab") as file:
        for line in lines:
            file.write(msgspec.json.encode(line) + b"\n")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def test_a_piece_grows_while_it_is_written(folder: RunFolder) -> None:
    samples = Samples(folder)
    assert not samples.read()
    add(folder, Piece(1, 0.5, 1, 10, Sampling(prompt="ab")), Text("ab", [0.0, 0.0], [0.1, 0.2]))
    assert samples.read()
    (piece,) = samples.pieces
    assert (piece.text, piece.is_done, piece.surprise()) == ("ab", False, None)
    add(folder, Text("c", [0.5], [0.3]), Done(0.1, "", 256))
    assert samples.read()
    assert (piece.text, piece.units, piece.hidden) == ("abc", [0.1, 0.2, 0.3], 256)
    assert piece.is_done
    assert piece.surprise() == pytest.approx(math.log(2))


def test_what_cannot_be_read_is_passed_over(folder: RunFolder) -> None:
    folder.samples.write_bytes(b'{"kind":"text","text":"torn"\nnothing\n')
    add(folder, Text("early", [1.0], []), Piece(1, 0.5, 1, 10, Sampling()), Done(0.1, "KeyError"))
    samples = Samples(folder)
    samples.read()
    assert [piece.error for piece in samples.pieces] == ["KeyError"]


def test_of_very_many_pieces_the_first_and_the_last_stay(folder: RunFolder) -> None:
    add(folder, *(Piece(i, 0.0, i, i, Sampling()) for i in range(3 * KEPT_PIECES)))
    samples = Samples(folder)
    while samples.read():
        pass
    assert samples.count == 3 * KEPT_PIECES
    assert len(samples.pieces) <= KEPT_PIECES
    assert samples.pieces[0].number == 0
    assert samples.pieces[-1].number == 3 * KEPT_PIECES - 1
    numbers = [piece.number for piece in samples.pieces]
    assert numbers == sorted(numbers)


def test_tunes_are_counted_and_texts_are_not() -> None:
    tune = "X:1\nT:A\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n"
    assert tune_count("once upon a time") == ""
    assert tune_count(tune) == ""  # cut off, for all one knows
    assert tune_count(f"{tune}\n{tune}\n{tune}") == "2 of 2 tunes can be played"
    broken = tune.replace("CDEF", "C?D\x01EF")
    assert tune_count(f"{tune}\n{broken}\n{tune}") == "1 of 2 tunes can be played"
