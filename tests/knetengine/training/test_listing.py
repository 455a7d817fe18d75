"""The folders of all runs: found when they come, forgotten when they go."""

import os
import time
from pathlib import Path

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.home import runs_home
from knetengine.training.listing import FULL_LOOK_SECONDS, YOUNG_SECONDS, RunListing
from knetengine.training.trash import delete


def make() -> RunFolder:
    return create_run("model", "", Path("/where/model.py"), [])


def age(seconds: float = YOUNG_SECONDS + 60) -> None:
    """Make the folder of runs look as if nothing had happened in it for so long."""
    when = time.time() - seconds
    os.utime(runs_home(), (when, when))


def test_without_a_folder_there_are_no_runs() -> None:
    assert RunListing().folders() == {}


def test_runs_come_and_go() -> None:
    listing = RunListing()
    first = make()
    assert list(listing.folders()) == ["0001-model"]
    make()
    assert list(listing.folders()) == ["0002-model", "0001-model"]
    first.remove()
    assert list(listing.folders()) == ["0002-model"]


def test_the_trash_and_strangers_are_no_runs() -> None:
    folder = make()
    folder.write_state(State("finished"))
    delete(folder)
    (runs_home() / "notes").mkdir()
    assert RunListing().folders() == {}


def test_a_folder_that_is_being_made_is_listed_once_it_is_a_runs() -> None:
    folder = make()
    description = folder.description
    (folder.path / "run.json").unlink()
    age()
    listing = RunListing()
    assert listing.folders() == {}
    folder.write_description(description)  # this does not change the time of the folder above
    assert list(listing.folders()) == ["0001-model"]


def test_while_nothing_happens_the_same_folders_are_given() -> None:
    make()
    age()
    listing = RunListing()
    before = listing.folders()
    assert listing.folders() is before
    make()
    age()  # another time than before: it changed
    again = listing.folders()
    assert list(again) == ["0002-model", "0001-model"]
    assert again["0001-model"] is before["0001-model"]


def test_a_clock_that_says_nothing_is_not_believed_for_ever(monkeypatch) -> None:
    make()
    age(1000)
    listing = RunListing()
    listing.folders()
    stamp = runs_home().stat().st_mtime
    make()
    os.utime(runs_home(), (stamp, stamp))
    assert list(listing.folders()) == ["0001-model"]
    later = time.time() + FULL_LOOK_SECONDS
    monkeypatch.setattr(time, "time", lambda: later)
    assert list(listing.folders()) == ["0002-model", "0001-model"]
