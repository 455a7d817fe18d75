"""What the workbench remembers, and files that others write at the same time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knetui.curves.settings import CurveSettings
from knetui.editing.documents import Document
from knetui.layout import Layout
from knetui.session import Session, SessionFile

TEXT = st.text(st.characters(codec="utf-8"))
DOCUMENTS = st.builds(Document, TEXT, TEXT, TEXT, st.integers(0, 9999), st.integers(0, 999))


@pytest.fixture
def session_file() -> Iterator[SessionFile]:
    file = SessionFile()
    yield file
    file.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    document=st.none() | DOCUMENTS,
    history=st.lists(TEXT, max_size=5),
    options=TEXT,
    shares=st.dictionaries(TEXT, st.floats(0.1, 100)),
    hidden=st.lists(TEXT),
    curves=st.builds(CurveSettings),
)
def test_a_session_comes_back_as_it_was(
    session_file: SessionFile,
    document: Document | None,
    history: list[str],
    options: str,
    shares: dict[str, float],
    hidden: list[str],
    curves: CurveSettings,
) -> None:
    session = Session(
        document=document,
        options=options,
        layout=Layout(hidden=hidden, shares=shares),
        curves=curves,
        history=history,
        shown_runs=["0001-housing"],
    )
    session_file.write(session)
    assert session_file.read() == session
    assert session_file.problem == ""


def test_the_first_session_is_empty(session_file: SessionFile, home: Path) -> None:
    assert session_file.read() == Session()
    assert session_file.path == home / "session-1.json"


def test_two_sessions_share_no_lists() -> None:
    first, second = Session(), Session()
    first.history.append("x")
    first.shown_runs.append("0001-housing")
    assert (second.history, second.shown_runs) == ([], [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"options": "--ep',
        b"[]",
        b'{"layout": "wide"}',
        bytes(100),
        b'{"options": "\xff"}',
    ],
)
def test_a_damaged_session_is_kept_aside_and_said(
    session_file: SessionFile, content: bytes
) -> None:
    session_file.path.write_bytes(content)
    assert session_file.read() == Session()
    aside = session_file.path.with_name("session-1.unreadable.json")
    assert aside.read_bytes() == content
    assert str(aside) in session_file.problem
    assert "could not be read" in session_file.problem
    assert not session_file.path.exists()


def test_a_second_damaged_session_does_not_replace_the_first(session_file: SessionFile) -> None:
    for content in (b"the first", b"the second"):
        session_file.path.write_bytes(content)
        session_file.read()
    kept = {path.read_bytes() for path in session_file.path.parent.glob("*.unreadable*")}
    assert kept == {b"the first", b"the second"}


def test_a_session_of_another_version_is_read(session_file: SessionFile) -> None:
    session_file.path.write_bytes(b'{"options": "--lr 1", "a_later_field": 3}')
    assert session_file.read() == Session(options="--lr 1")


def test_workbenches_at_a_time_keep_a_session_each(session_file: SessionFile) -> None:
    second, third = SessionFile(), SessionFile()
    names = [file.path.name for file in (session_file, second, third)]
    assert names == ["session-1.json", "session-2.json", "session-3.json"]
    second.close()
    again = SessionFile()
    assert again.path.name == "session-2.json"
    again.close()
    third.close()


def test_a_home_that_became_read_only_keeps_the_last_session(
    session_file: SessionFile, home: Path, as_nobody: Callable[[], Any]
) -> None:
    session_file.write(Session(options="kept"))
    home.chmod(0o555)
    with as_nobody(), pytest.raises(OSError, match="denied"):
        session_file.write(Session())
    home.chmod(0o755)
    assert session_file.read() == Session(options="kept")
