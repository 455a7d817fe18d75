"""The user's own keys: a file of TOML in the home folder, `"run.train" = "f5,ctrl+t"`.

An entry that cannot hold is left out, with a line that names the file, the entry and what to do;
the rest of the file holds.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.keys import Keys as NamedKeys

from knetengine.training.home import home
from knetui.actions import EVERYWHERE, Actions, Keys, character_of, is_typed, key_name, split_keys

MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")
NAMED_KEYS = frozenset(key.value for key in NamedKeys if "<" not in key.value) | {"space"}
EXAMPLE = '"run.train" = "f5,ctrl+t"'
HEADER = f"""\
# The keys of knet-tui. Take the # from a line and change its keys; several are separated by commas.
# Keys are named as in  {EXAMPLE} : f1 to f24, ctrl+a, alt+left, home, pageup, space, l, ?
# `knet-tui keys` shows what holds, and what is wrong with this file.
"""


@dataclass
class Keymap:
    """The keys that were chosen, by the ids of actions, and a line for each mistake."""

    chosen: dict[str, Keys] = field(default_factory=lambda: dict[str, Keys]())
    problems: list[str] = field(default_factory=lambda: list[str]())


def keymap_path() -> Path:
    """Where the user's keymap is, or would be."""
    return home() / "keymap.toml"


def read_keymap(actions: Actions) -> Keymap:
    """The user's keymap; an empty one when there is no file."""
    path = keymap_path()
    if not path.exists():
        return Keymap()
    import tomllib  # late: 5 ms that most starts save

    try:
        entries: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        return Keymap(problems=[_in_a_line(f"{path}: {words}; no key of it holds")])
    keymap = Keymap()
    for entry, value in _flat(entries):
        try:
            keymap.chosen[entry] = _keys(entry, value, actions)
        except ValueError as mistake:
            keymap.problems.append(_in_a_line(f"{path}: {entry}: {mistake}"))
    for entry, words in _drop_what_clashes(keymap.chosen, actions):
        keymap.problems.append(_in_a_line(f"{path}: {entry}: {words}"))
    return keymap


def clashes(actions: Actions) -> Iterator[tuple[str, str, str]]:
    """Keys with two meanings in one place: an action, the key, and what has the key already.

    What works everywhere must not take a key of any pane; panes may have the same keys, and take
    those that a screen keeps, such as Tab.
    """
    everywhere = actions.places[EVERYWHERE]
    for place in actions.places.values():
        others = [everywhere] if place is not everywhere else list(actions.places.values())
        for action in place.actions:
            for key in action.keys:
                for other in {id(p): p for p in (place, *others)}.values():
                    taken = [a.id for a in other.actions if a.id != action.id and key in a.keys]
                    if key in other.fixed and place in (other, everywhere):
                        taken.append(f"{other.fixed[key]!r} ({other.name})")
                    yield from ((action.id, key, taker) for taker in taken)


def template(actions: Actions) -> str:
    """A file of all actions with their keys, commented out."""
    lines = [HEADER]
    for place in actions.places.values():
        entries = [
            f'# "{action.id}" = "{",".join(action.keys)}"  # {action.meaning}'
            for action in place.actions
        ]
        lines += [f"# {place.name}", *entries, ""] if entries else []
    return "\n".join(lines)


def write_template(actions: Actions) -> Path:
    """Write the file for the user to change. Raises FileExistsError: it may have been changed."""
    path = keymap_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(template(actions))
    return path


def _flat(entries: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """`run.train = ...` without quotes is a table in TOML; it is meant as the id."""
    for name, value in entries.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def _keys(entry: str, value: Any, actions: Actions) -> Keys:
    known = actions.by_id()
    if entry not in known:
        near = difflib.get_close_matches(entry, known, n=1)
        meant = f"did you mean {near[0]}?" if near else "`knet-tui keys` lists them"
        raise ValueError(f"there is no such action; {meant}")
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"keys are written as in {EXAMPLE}")
    keys = tuple(_normal(key) for name in names for key in split_keys(name))
    if not keys:
        raise ValueError("an action needs a key; leave the line out to have its own")
    place = next(p for p in actions.places.values() if known[entry] in p.actions)
    for key in keys:
        if place.typing and is_typed(key):
            raise ValueError(f"{key_name(key)} is for typing; take one with ctrl or alt, or f1 ...")
    return keys


def _normal(key: str) -> str:
    """The key as Textual names it, `question_mark` for `?`. Raises ValueError."""
    if key in NAMED_KEYS:  # ctrl+@, as terminals send it for ctrl+space, is one as it is
        return key
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    wrong = [modifier for modifier in modifiers if modifier not in MODIFIERS]
    if wrong or not (last in NAMED_KEYS or character_of(last) is not None):
        near = difflib.get_close_matches(key, NAMED_KEYS, n=1)
        meant = f"; did you mean {near[0]}?" if near else f"; keys are named as in {EXAMPLE}"
        raise ValueError(f"there is no key {key!r}{meant}")
    if len(last) == 1 and not last.isalnum():
        from textual.app import App  # what set_keymap uses, so that both agree

        last = App._normalize_keymap({"": last})[""]  # pyright: ignore[reportPrivateUsage]
    return "+".join([*modifiers, last])


def _drop_what_clashes(chosen: dict[str, Keys], actions: Actions) -> Iterator[tuple[str, str]]:
    """Take out entries until no key has two meanings: the user's, and of two the later."""
    order = list(chosen)
    while True:
        found = [c for c in clashes(actions.with_keys(chosen)) if c[0] in chosen]
        if not found:
            return
        entry, key, taker = max(found, key=lambda clash: order.index(clash[0]))
        words = f"{key_name(key)} is taken by {taker}"
        if taker in actions.by_id():
            words += ", which needs another key first"
        del chosen[entry]
        yield entry, words


def _in_a_line(words: str) -> str:
    return " ".join(words.split())
