"""One registry of everything that can be done, from which keys, palette, footer and help come."""

import pytest

from knetui.actions import EVERYWHERE, key_name, split_keys
from knetui.app import ACTIONS
from knetui.keymap import clashes
from knetui.screens.panes import PANES


def test_every_action_has_a_name_a_meaning_and_a_key() -> None:
    actions = list(ACTIONS)
    assert len({action.id for action in actions}) == len(actions)
    for action in actions:
        assert action.name, action
        assert action.meaning, action
        assert action.keys, action
        assert "." in action.id


def test_every_action_can_be_called() -> None:
    for action in ACTIONS:
        method = action.call.partition("(")[0].split(".")[-1]
        named = [getattr(action.owner, f"{kind}_{method}", None) for kind in ("action", "_action")]
        inherited = action.call.startswith(("app.", "screen.")) or any(named)
        assert inherited, action


def test_every_pane_is_a_place_and_explains_itself() -> None:
    assert set(PANES) <= set(ACTIONS.places)
    assert EVERYWHERE in ACTIONS.places
    for name, pane in PANES.items():
        assert len(pane.explanation.split()) >= 10, name


def test_no_key_has_two_meanings_in_one_place() -> None:
    assert list(clashes(ACTIONS)) == []


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("f5", "F5"),
        ("ctrl+s", "Ctrl-S"),
        ("question_mark", "?"),
        ("T", "Shift-T"),
        ("t", "T"),
        ("alt+left", "Alt-Left"),
        ("pageup", "PageUp"),
    ],
)
def test_keys_are_said_as_people_say_them(key: str, name: str) -> None:
    assert key_name(key) == name


def test_keys_are_separated_by_commas() -> None:
    assert split_keys("f5, ctrl+t,") == ("f5", "ctrl+t")
