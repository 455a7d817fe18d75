"""Folders of runs: their numbers, how they are found, and what is said of damaged ones."""

import os
import re
import shutil
import socket
import threading
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knetengine.training.folder import (
    ENDED,
    START_SECONDS,
    Failure,
    RunError,
    RunFolder,
    State,
    all_runs,
    create_run,
    find_run,
    number_of,
    run_paths,
)
from knetengine.training.home import home as kept_in
from knetengine.training.home import runs_home


def make(name: str = "model", *options: str) -> RunFolder:
    return create_run(name, "x = 1\n", Path("/where/model.py"), list(options))


def here(status: str, **fields: float) -> State:
    """The state of a process of this machine that holds no lock."""
    return msgspec.convert({"status": status, "host": socket.gethostname(), **fields}, State)


def test_the_home_is_where_the_user_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_in() == home
    assert runs_home() == home / "runs"
    monkeypatch.setenv("KNET_HOME", "~/knet")
    assert kept_in() == Path.home() / "knet"
    monkeypatch.delenv("KNET_HOME")
    assert kept_in().name == "knet-tui"


def test_a_new_folder_holds_what_was_started(home: Path) -> None:
    folder = make("model", "--lr", "0.5")
    assert folder.path == home / "runs" / "0001-model"
    assert folder.source.read_text() == "x = 1\n"
    assert folder.description.options == ["--lr", "0.5"]
    assert folder.description.source_path == "/where/model.py"
    assert folder.description.working_folder == str(Path.cwd())
    assert abs(folder.description.created - time.time()) < 5
    assert (folder.title, folder.state().status) == ("1 model", "starting")
    assert (folder.log.read_bytes(), folder.metrics.read_bytes()) == (b"", b"")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=40))
def test_any_name_makes_a_folder_below_the_home(home: Path, name: str) -> None:
    folder = make(name)
    assert folder.path.parent == home / "runs"
    assert re.fullmatch(r"\d{4,}-[\w.-]+", folder.path.name)
    assert find_run(folder.path.name).path == folder.path
    folder.remove()
    assert not folder.path.exists()


def test_numbers_go_on_and_are_not_given_twice_at_a_time() -> None:
    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [number_of(run.path) for run in all_runs()] == list(range(1, 9))


def test_the_gap_of_a_removed_run_stays() -> None:
    make()
    second, _ = make(), make()
    second.remove()
    assert make().description.number == 4


def test_after_9999_comes_10000(home: Path) -> None:
    shutil.copytree(make().path, home / "runs" / "9999-old")
    assert make().path.name == "10000-model"
    assert [number_of(run.path) for run in all_runs()] == [1, 9999, 10000]


def test_what_is_not_a_run_is_passed_over(home: Path) -> None:
    run = make()
    for name in ("notes", "12-short", "0007-half-made"):
        (home / "runs" / name).mkdir()
    assert [folder.path for folder in all_runs()] == [run.path]
    assert make().description.number == 8  # its number is taken all the same
    assert list(run_paths(home / "nowhere")) == []


def test_a_run_is_found_by_number_name_path_and_as_the_last(home: Path) -> None:
    runs = [make("first"), make("second")]
    for which, folder in (
        ("1", runs[0]),
        ("0002-second", runs[1]),
        (str(runs[0].path), runs[0]),
        ("last", runs[1]),
    ):
        assert find_run(which).path == folder.path


def test_a_copied_run_is_found_by_its_path(tmp_path: Path) -> None:
    shutil.copytree(make().path, tmp_path / "elsewhere")
    assert find_run(str(tmp_path / "elsewhere")).title == "1 model"


def test_a_run_that_does_not_exist_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no runs yet; `knet-tui train housing` starts one"):
        find_run("last")
    make()
    make()
    for which in ("7", "model", "", str(tmp_path)):
        with pytest.raises(RunError, match=r"there are runs 1 to 2 \(`knet-tui runs`\)"):
            find_run(which)


def test_a_home_of_nobody_is_no_run() -> None:
    make()
    with pytest.raises(RunError, match="there are runs"):
        find_run("~nobody-of-that-name/run")


def test_a_damaged_run_does_not_hide_the_others() -> None:
    damaged, sound = make(), make()
    (damaged.path / "run.json").write_bytes(b"")
    try:
        assert find_run("2").path == sound.path
    finally:
        damaged.remove()


def test_a_folder_that_is_no_runs_is_said(tmp_path: Path) -> None:
    for content in (None, b"", b"{}", b'{"number": "x"}'):
        if content is not None:
            (tmp_path / "run.json").write_bytes(content)
        with pytest.raises(
            RunError, match=f"{re.escape(str(tmp_path))} is not the folder of a run"
        ):
            _ = RunFolder(tmp_path).description


def test_a_damaged_state_is_said() -> None:
    folder = make()
    (folder.path / "state.json").write_bytes(b'{"status": "dancing"}')
    with pytest.raises(RunError, match=r"state.json cannot be read: Invalid enum value 'dancing'"):
        folder.state()
    (folder.path / "state.json").unlink()


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_ended_run_stays_as_it_was_written(status: str) -> None:
    folder = make()
    state = msgspec.structs.replace(here(status), failure=Failure("ValueError", "bad", 3, "..."))
    folder.write_state(state)
    assert folder.state() == state
    assert state.has_ended


def test_a_run_lives_for_as_long_as_its_lock_is_held() -> None:
    folder = make()
    folder.write_state(here("running"))
    with folder.lock().acquire():
        assert folder.state().status == "running"
        assert folder.state().status == "running"  # looking takes nothing from the holder
    assert folder.state().status == "died"
    assert folder.written_state().status == "running"


def test_a_run_of_another_machine_is_believed() -> None:
    folder = make()
    folder.write_state(State("paused", host="elsewhere"))
    assert folder.state().status == "paused"


def test_a_run_that_never_came_to_life_has_died() -> None:
    folder = make()
    late = msgspec.structs.replace(folder.description, created=time.time() - START_SECONDS - 1)
    (folder.path / "run.json").write_bytes(msgspec.json.encode(late))
    assert RunFolder(folder.path).state().status == "died"


def test_a_reader_never_sees_half_a_state() -> None:
    folder = make()
    folder.write_state(here("finished"))
    long = State("failed", failure=Failure("ValueError", "x" * 100_000, 1, "y" * 100_000))
    writing = threading.Event()

    def write() -> None:
        for number in range(60):
            folder.write_state(long if number % 2 else here("finished"))
        writing.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not writing.is_set():
        assert folder.written_state().status in ("finished", "failed")
    writer.join()


def test_folders_are_as_private_as_the_umask_says(home: Path) -> None:
    was = os.umask(0o077)
    try:
        folder = make()
    finally:
        os.umask(was)
    assert folder.path.stat().st_mode & 0o077 == 0
