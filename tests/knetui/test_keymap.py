"""The user's own keys, and what is said of mistakes in them."""

import subprocess
import sys
from pathlib import Path

import pytest

from knetui.app import ACTIONS
from knetui.keymap import clashes, keymap_path, read_keymap, template, write_template


@pytest.fixture
def keymap(home: Path) -> Path:
    path = keymap_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_without_a_file_there_are_no_keys_of_the_users(home: Path) -> None:
    found = read_keymap(ACTIONS)
    assert (found.chosen, found.problems) == ({}, [])


@pytest.mark.parametrize(
    "words",
    ['"run.train" = "f5, ctrl+t"', 'run.train = "f5,ctrl+t"', '[run]\ntrain = ["f5", "ctrl+t"]'],
)
def test_keys_are_chosen_by_the_ids_of_actions(keymap: Path, words: str) -> None:
    keymap.write_text(words)
    found = read_keymap(ACTIONS)
    assert found.problems == []
    assert found.chosen == {"run.train": ("f5", "ctrl+t")}
    assert ACTIONS.with_keys(found.chosen).by_id()["run.train"].keys == ("f5", "ctrl+t")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ('"run.train = "', "no key of it holds"),
        ('"run.trian" = "f5"', "run.trian: there is no such action; did you mean run.train?"),
        ('"run.train" = "ctl+t"', "run.train: there is no key 'ctl+t'"),
        ('"run.train" = 5', "run.train: keys are written as in"),
        ('"run.train" = ""', "run.train: an action needs a key"),
        ('"run.train" = "f6"', "run.train: F6 is taken by run.pause"),
        ('"run.train" = "f99x"', "run.train: there is no key 'f99x'"),
    ],
)
def test_a_mistake_is_said_in_a_line_and_the_rest_holds(
    keymap: Path, words: str, complaint: str
) -> None:
    keymap.write_text(f'"run.stop" = "f20"\n{words}\n')
    found = read_keymap(ACTIONS)
    (problem,) = found.problems
    assert problem.startswith(str(keymap))
    assert complaint in problem
    assert "\n" not in problem
    if "no key of it" not in problem:
        assert found.chosen == {"run.stop": ("f20",)}


def test_two_keys_can_be_exchanged(keymap: Path) -> None:
    keymap.write_text('"run.pause" = "f8"\n"run.stop" = "f6"\n')
    found = read_keymap(ACTIONS)
    assert found.problems == []
    assert list(clashes(ACTIONS.with_keys(found.chosen))) == []


def test_the_template_is_a_keymap_of_the_keys_that_hold(keymap: Path) -> None:
    path = write_template(ACTIONS)
    assert path == keymap
    lines = path.read_text().splitlines()
    assert all(line.startswith("#") or not line for line in lines)
    entries = [line[2:] for line in lines if line.startswith('# "')]
    assert len(entries) == len(list(ACTIONS))
    path.write_text("\n".join(entries))
    found = read_keymap(ACTIONS)
    assert found.problems == []
    assert found.chosen == {action.id: action.keys for action in ACTIONS}
    with pytest.raises(FileExistsError):
        write_template(ACTIONS)
    assert template(ACTIONS)


def test_the_word_keys_lists_and_writes_them(home: Path) -> None:
    def knet_tui(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "knetui", "keys", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    listed = knet_tui()
    assert listed.returncode == 0, listed.stderr
    assert "run.train" in listed.stdout
    assert "F5" in listed.stdout
    assert knet_tui("--write").returncode == 0
    again = knet_tui("--write")
    assert again.returncode == 1
    assert "stays as it is" in again.stderr
    keymap_path().write_text('"run.train" = "f6"')
    mistaken = knet_tui()
    assert mistaken.returncode == 1
    assert "F6 is taken by run.pause" in mistaken.stderr
