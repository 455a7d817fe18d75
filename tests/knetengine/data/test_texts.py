"""Texts are exactly what their files have."""

import gzip
import hashlib
from pathlib import Path

import pytest

from knetengine.data import DataError, music, text
from knetengine.data.places import own_folder


def test_seven_plays_are_bundled() -> None:
    plays = text()
    assert (len(plays), len(set(plays)), plays.isascii()) == (917_720, 65, True)
    digest = "c276ddb280591d843c67505d4aa5630bac9e9b2f4e223f61f8d8e7e75c25b1ad"
    assert hashlib.sha256(plays.encode()).hexdigest() == digest
    assert text("shakespeare") == plays


def test_tunes_are_bundled() -> None:
    tunes = music()
    assert (len(tunes), len(set(tunes))) == (197_618, 83)
    assert len([line for line in tunes.split("\n") if line.startswith("X:")]) == 804


@pytest.mark.parametrize("content", ["a\r\nb\rc\n", "\ufeffBOM", "ünï \U0001f3b5", ""])
def test_no_character_of_a_file_is_changed(content: str, tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes(content.encode())
    assert text(str(path)) == content
    packed = tmp_path / "own.txt.gz"
    packed.write_bytes(gzip.compress(content.encode()))
    assert text(str(packed)) == content


def test_a_text_that_was_fetched_is_taken_before_the_bundled_one() -> None:
    folder = own_folder("shakespeare")
    folder.mkdir(parents=True)
    (folder / "pg100.txt").write_bytes(b"\xef\xbb\xbfAll\r\n")
    assert text() == "\ufeffAll\r\n"


def test_the_name_of_a_text_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shakespeare").write_text("mine")
    assert len(text("shakespeare")) == 917_720
    assert text("./shakespeare") == "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "shakespear",
            "'shakespear' is neither a text nor a file; did you mean shakespeare? "
            "There are shakespeare, tinyshakespeare, hiawatha",
        ),
        (
            "mnist",
            "'mnist' is neither a text nor a file; there are shakespeare, tinyshakespeare, "
            "hiawatha",
        ),
        ("/nowhere/at/all.txt", "'/nowhere/at/all.txt' is neither a text nor a file; there are"),
    ],
)
def test_what_is_no_text_is_said(name: str, said: str) -> None:
    with pytest.raises(DataError) as raised:
        text(name)
    assert str(raised.value).startswith(said)


def test_a_text_that_is_nowhere_says_how_to_have_it() -> None:
    with pytest.raises(DataError, match="'knet-tui data fetch hiawatha' fetches it"):
        text("hiawatha")


def test_a_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(DataError) as raised:
        text(str(path))
    assert str(raised.value) == f"{path}: is not UTF-8 at byte 3; give a text in UTF-8"


def test_a_damaged_text_of_a_set_is_said() -> None:
    folder = own_folder("hiawatha")
    folder.mkdir(parents=True)
    (folder / "pg19-hiawatha.txt").write_bytes(b"By the shores\xff")
    with pytest.raises(DataError, match=r"UTF-8 at byte 13; 'knet-tui data fetch hiawatha' repl"):
        text("hiawatha")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is neither a text nor a file"):
        text(str(tmp_path))
