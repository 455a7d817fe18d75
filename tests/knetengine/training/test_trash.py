"""Deleted runs come back whole, until they are gone for good."""

import time
from pathlib import Path

import msgspec
import pytest

from knetengine.training.folder import RunError, RunFolder, State, all_runs, create_run, find_run
from knetengine.training.trash import delete, deleted_runs, empty_trash, restore


def make(status: str = "finished") -> RunFolder:
    folder = create_run("model", "x = 1\n", Path("/where/model.py"), ["--lr", "0.5"])
    folder.write_state(msgspec.convert({"status": status, "host": "elsewhere"}, State))
    return folder


def contents(folder: RunFolder) -> dict[str, bytes]:
    files = sorted(path for path in folder.path.rglob("*") if path.is_file())
    return {str(path.relative_to(folder.path)): path.read_bytes() for path in files}


def test_a_deleted_run_comes_back_as_it_was() -> None:
    first, second = make(), make("failed")
    with second.lock().acquire():  # as any run has had its lock file made
        pass
    before = contents(second)
    delete(second)
    assert [folder.path for folder in all_runs()] == [first.path]
    assert [run.folder.path.name for run in deleted_runs()] == ["0002-model"]
    back = restore("2")
    assert back.path == second.path
    assert contents(back) == before
    assert deleted_runs() == []
    assert find_run("2").path == second.path


def test_the_number_of_a_deleted_run_is_not_given_to_another() -> None:
    delete(make())
    assert make().path.name == "0002-model"
    assert restore("0001-model").path.name == "0001-model"


@pytest.mark.parametrize("status", ["running", "paused", "waiting"])
def test_a_run_that_goes_on_is_not_deleted(status: str) -> None:
    folder = make(status)
    with pytest.raises(RunError, match=f"run 1 model is {status}: stop it before"):
        delete(folder)
    assert folder.path.exists()


def test_a_run_that_is_just_being_resumed_is_not_deleted() -> None:
    folder = make("stopped")
    with folder.lock().acquire(), pytest.raises(RunError, match="is being resumed"):
        delete(folder)
    assert [run.path for run in all_runs()] == [folder.path]


def test_a_run_elsewhere_is_left_to_its_owner(tmp_path: Path) -> None:
    folder = RunFolder(make().path.rename(tmp_path / "0001-model"))
    with pytest.raises(RunError, match="delete its folder there"):
        delete(folder)
    assert folder.path.exists()


def test_what_is_not_in_the_trash_cannot_come_back() -> None:
    with pytest.raises(RunError, match="no deleted run '7'; in the trash: none"):
        restore("7")
    delete(make())
    with pytest.raises(RunError, match="in the trash: 1"):
        restore("7")


def test_nothing_in_the_way_is_overwritten(home: Path) -> None:
    delete(make())
    (home / "runs" / "0001-model").mkdir()
    with pytest.raises(RunError, match="is in the way"):
        restore("1")
    assert len(deleted_runs()) == 1


def test_only_what_is_old_goes_for_good() -> None:
    old, new = delete(make()), delete(make())
    a_month_ago = msgspec.json.encode({"at": time.time() - 31 * 86_400})
    (old.folder.path / "deleted.json").write_bytes(a_month_ago)
    assert empty_trash() == 1
    assert [run.folder.path for run in deleted_runs()] == [new.folder.path]


def test_what_was_moved_there_by_hand_counts_from_now() -> None:
    deleted = delete(make())
    (deleted.folder.path / "deleted.json").unlink()
    assert empty_trash() == 0
    assert deleted.folder.path.exists()
