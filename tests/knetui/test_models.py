"""Model files by path and by name, and the user's own copies of the examples."""

from pathlib import Path

import pytest

from knetui.models import (
    ModelNotFoundError,
    example_names,
    examples_folder,
    examples_with_lines,
    find_model,
    own_copy,
)


def test_the_examples_are_there() -> None:
    assert "housing" in example_names()
    assert sorted(examples_with_lines()) == example_names()
    assert list(examples_with_lines())[:2] == ["linreg", "housing"]
    assert all((examples_folder() / f"{name}.py").is_file() for name in example_names())


def test_a_name_is_an_example_and_a_path_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_model("housing") == examples_folder() / "housing.py"
    Path("mine.py").write_text("")
    assert find_model("mine.py") == Path("mine.py")
    assert find_model(str(tmp_path / "mine.py")) == tmp_path / "mine.py"
    Path("housing").mkdir()  # a folder is no model
    assert find_model("housing") == examples_folder() / "housing.py"
    Path("housing").rmdir()
    Path("housing").write_text("")  # the user's file comes first
    assert find_model("housing") == Path("housing")


def test_a_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.py").write_text("")
    assert find_model("~/mine.py") == tmp_path / "mine.py"


def test_what_is_neither_says_what_was_meant() -> None:
    with pytest.raises(ModelNotFoundError) as raised:
        find_model("huosing")
    assert str(raised.value) == (
        "huosing is neither a file nor an example. Did you mean housing? "
        f"Examples: {', '.join(example_names())}"
    )
    with pytest.raises(ModelNotFoundError, match=r"^zzz is neither a file nor an example\. Exam"):
        find_model("zzz")


def test_a_home_of_nobody_is_no_model() -> None:
    with pytest.raises(ModelNotFoundError):
        find_model("~nobody-of-that-name/model.py")


def test_the_own_copy_is_made_once_and_kept(home: Path) -> None:
    path = own_copy("housing")
    assert path == home / "models" / "housing.py"
    assert path.read_bytes() == (examples_folder() / "housing.py").read_bytes()
    path.write_text("# mine\n")
    assert own_copy("housing") == path
    assert path.read_text() == "# mine\n"
