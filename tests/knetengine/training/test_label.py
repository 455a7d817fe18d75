"""What people call a run, and whether it stays on top."""

from pathlib import Path

from knetengine.training.folder import RunFolder, create_run
from knetengine.training.label import LONGEST_NAME, Label, pin, read_label, rename
from knetengine.training.summary import summarise


def make() -> RunFolder:
    return create_run("model", "", Path("/where/model.py"), [])


def test_a_run_goes_by_the_name_of_its_model_until_it_has_another() -> None:
    folder = make()
    assert read_label(folder) == Label()
    assert summarise(folder).title == "model"
    rename(folder, "  the   good\none ")
    assert summarise(folder).title == "the good one"
    rename(folder, "")
    assert summarise(folder).title == "model"


def test_name_and_pin_leave_each_other_alone() -> None:
    folder = make()
    rename(folder, "best")
    assert pin(folder, True) == Label("best", True)
    assert rename(folder, "x" * 200) == Label("x" * LONGEST_NAME, True)
    assert pin(folder, False) == Label("x" * LONGEST_NAME, False)
    assert read_label(RunFolder(folder.path)) == Label("x" * LONGEST_NAME, False)


def test_a_damaged_label_is_none() -> None:
    folder = make()
    (folder.path / "label.json").write_bytes(b'{"name": 3')
    assert read_label(folder) == Label()
    assert rename(folder, "again").name == "again"


def test_half_characters_are_no_part_of_a_name() -> None:
    folder = make()
    assert rename(folder, "a\udcffb").name == "a?b"
    assert read_label(folder).name == "a?b"
