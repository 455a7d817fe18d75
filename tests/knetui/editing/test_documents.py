"""The text of the editor and its file."""

import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knetui.editing.documents import digest, read_document, write_document

TEXT = st.text(st.characters(codec="utf-8"))
TEXT_OF_LINES = st.text(st.characters(codec="utf-8", exclude_characters="\r"))


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file can grow beyond `limit` bytes."""
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, was[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)


def test_a_document_knows_whether_it_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("x = 1\n")
    document = read_document(path)
    assert not document.unsaved
    document.text += "y = 2\n"
    assert document.unsaved
    assert write_document(document) is None
    assert not document.unsaved
    assert path.read_text() == "x = 1\ny = 2\n"
    document.text += "z = 3\n"
    assert write_document(document) is None  # our own version is not another program's
    assert sorted(tmp_path.glob("model*")) == [path]


def test_a_file_yet_to_be_written_is_an_empty_document(tmp_path: Path) -> None:
    document = read_document(tmp_path / "new.py")
    assert (document.text, document.unsaved) == ("", False)
    document.text = "new = True\n"
    assert write_document(document) is None
    assert (tmp_path / "new.py").read_text() == "new = True\n"


def test_other_programs_versions_are_kept_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "name.py"
    path.write_text("read\n")
    document = read_document(path)
    for number, theirs in ((1, "theirs\n"), (2, "theirs again\n"), (3, "café\n")):
        path.write_text(theirs, encoding="utf-8")
        document.text = f"ours {number}\n"
        kept = write_document(document)
        assert kept == tmp_path / f"name.py.~{number}~"
        assert kept.read_text(encoding="utf-8") == theirs
        assert path.read_text() == f"ours {number}\n"


def test_a_version_that_is_not_text_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "name.py"
    path.write_text("read\n")
    document = read_document(path)
    path.write_bytes(b"\xff\xfe\x00")
    document.text = "ours\n"
    kept = write_document(document)
    assert kept is not None
    assert kept.read_bytes() == b"\xff\xfe\x00"


def test_a_file_that_appeared_since_is_kept(tmp_path: Path) -> None:
    document = read_document(tmp_path / "name.py")
    (tmp_path / "name.py").write_text("theirs\n")
    document.text = "ours\n"
    assert write_document(document) == tmp_path / "name.py.~1~"


def test_the_same_change_made_twice_is_no_other_version(tmp_path: Path) -> None:
    path = tmp_path / "name.py"
    path.write_text("read\n")
    document = read_document(path)
    path.write_text("the same\n")
    document.text = "the same\n"
    assert write_document(document) is None


STEPS = st.tuples(st.sampled_from(["ours", "theirs", "write"]), TEXT_OF_LINES)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(steps=st.lists(STEPS, max_size=8))
def test_no_version_is_ever_lost(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    path = folder / "name.py"
    document = read_document(path)
    known, theirs, overwritten = "", "", set[str]()
    for what, text in steps:
        match what:
            case "ours":
                document.text = text
            case "theirs":
                path.write_bytes(text.encode())
                theirs = text
            case _:
                if theirs not in (known, document.text):  # the same text is no other version
                    overwritten.add(theirs)
                write_document(document)
                known = theirs = document.text
                assert path.read_bytes().decode() == document.text
    kept = {file.read_bytes().decode() for file in folder.iterdir()} | {""}
    assert overwritten <= kept


def test_a_read_only_folder_refuses_and_nothing_is_lost(
    tmp_path: Path, as_nobody: Callable[[], Any]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "model.py"
    path.write_text("theirs\n")
    document = read_document(path)
    document.text = "ours\n"
    folder.chmod(0o555)
    with as_nobody(), pytest.raises(OSError, match="denied"):
        write_document(document)
    folder.chmod(0o755)
    assert document.text == "ours\n"
    assert document.unsaved
    assert path.read_text() == "theirs\n"
    assert list(folder.iterdir()) == [path]


def test_a_full_disk_refuses_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("theirs\n")
    document = read_document(path)
    document.text = "ours\n" * 20_000
    with full_disk(4096), pytest.raises(OSError, match="too large"):
        write_document(document)
    assert document.unsaved
    assert path.read_text() == "theirs\n"
    assert list(tmp_path.glob("*model*")) == [path]


def test_the_permissions_of_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("#!/usr/bin/env python\n")
    path.chmod(0o700)
    document = read_document(path)
    document.text += "x = 1\n"
    write_document(document)
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_text("x = 1\n")
    link.symlink_to(target)
    document = read_document(link)
    document.text = "x = 2\n"
    write_document(document)
    assert link.is_symlink()
    assert target.read_text() == "x = 2\n"


def test_the_line_ends_of_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_bytes(b"x = 1\r\ny = 2\r\n")
    document = read_document(path)
    document.text += "z = 3\n"
    write_document(document)
    assert path.read_bytes().startswith(b"x = 1\r\ny = 2\r\n")


def test_what_is_not_utf8_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9\n")
    with pytest.raises(UnicodeDecodeError):
        read_document(tmp_path / "latin.py")


@given(TEXT, TEXT)
def test_a_digest_names_its_text(one: str, other: str) -> None:
    assert len(digest(one)) == 16
    assert (digest(one) == digest(other)) == (one == other)
