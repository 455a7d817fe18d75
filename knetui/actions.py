"""The registry of actions: what can be done, with which keys, and where.

It is read off the BINDINGS of screens and widgets, so that a key is written in one place only.
The keymap, the palette, the footer, the help pages and `knet-tui keys` all come from it. A binding
is an action when it has an `id`; those without one are the fixed keys of a widget.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import REPLACED_KEYS, key_to_character

Keys = tuple[str, ...]

EVERYWHERE = "everywhere"  # the place of the actions that work in every pane
BAR = "bar of panes"
FIND = "line of find and replace"


@dataclass(frozen=True)
class Action:
    """One thing that can be done."""

    id: str  # as the user's keymap calls it, such as `run.train`
    keys: Keys
    name: str
    meaning: str
    call: str  # as Textual writes it, such as `choose_pane(3)`
    owner: type[DOMNode]  # whose method that is


@dataclass(frozen=True)
class Place:
    """Where some actions work: everywhere, or in one pane."""

    name: str
    actions: tuple[Action, ...]
    fixed: Mapping[str, str]  # keys that a widget there keeps for itself, and what it does
    typing: bool = False  # whether characters are text there, and no keys

    def without(self, other: "Place") -> "Place":
        """The place without the actions that another has: those of a screen over the workbench."""
        known = {action.id for action in other.actions}
        return replace(self, actions=tuple(a for a in self.actions if a.id not in known))

    def by_key(self) -> dict[str, Action]:
        """The actions by their keys."""
        return {key: action for action in self.actions for key in action.keys}


class Actions:
    """All actions, by place."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = {place.name: place for place in places}

    def __iter__(self) -> Iterator[Action]:
        for place in self.places.values():
            yield from place.actions

    def by_id(self) -> dict[str, Action]:
        """The actions by their ids."""
        return {action.id: action for action in self}

    def with_keys(self, keymap: Mapping[str, Keys]) -> "Actions":
        """The same actions with the keys of a keymap, which is by their ids."""
        return Actions(
            replace(
                place,
                actions=tuple(replace(a, keys=keymap.get(a.id, a.keys)) for a in place.actions),
            )
            for place in self.places.values()
        )


def gather(name: str, *owners: type[DOMNode], typing: bool = False) -> Place:
    """The place whose keys are those of these classes."""
    actions: dict[str, Action] = {}
    fixed: dict[str, str] = {}
    for owner in owners:
        for base in _bases_with_keys(owner):
            for binding in base.__dict__.get("BINDINGS", ()):
                if not isinstance(binding, Binding):
                    continue
                keys = split_keys(binding.key)
                if binding.id is None:
                    fixed |= dict.fromkeys(keys, binding.description or binding.action)
                    continue
                for key in keys:  # a subclass takes the key from its base
                    fixed.pop(key, None)
                actions[binding.id] = Action(
                    binding.id, keys, binding.description, binding.tooltip, binding.action, owner
                )
    return Place(name, tuple(actions.values()), fixed, typing)


def _bases_with_keys(owner: type[DOMNode]) -> list[type]:
    """The class and its bases, the widest first, as far as they hand keys on."""
    bases: list[type] = []
    for base in owner.__mro__:
        bases.insert(0, base)
        if not getattr(base, "_inherit_bindings", True):
            break
    return bases


def split_keys(keys: str) -> Keys:
    """The keys of a list with commas: `"f5, ctrl+t"`."""
    return tuple(key.strip() for key in keys.split(",") if key.strip())


def character_of(key: str) -> str | None:
    """The character that a key types: `?` of `question_mark`, None of `f5` and `ctrl+a`."""
    return key_to_character(REPLACED_KEYS.get(key, key))


def is_typed(key: str) -> bool:
    """Whether the key is a character that goes into a text."""
    character = character_of(key)
    return character is not None and character.isprintable()


PROPER_NAMES = {"pageup": "PageUp", "pagedown": "PageDown"}


def key_name(key: str) -> str:
    """A key as it is said to people: `Ctrl-S`, `F5`, `Alt-Left`, `?`."""
    *modifiers, last = key.split("+")
    character = character_of(last)
    if character is not None and character.isprintable() and not character.isspace():
        if character.isupper():
            modifiers = [*modifiers, "shift"]
        last = character.upper()
    else:
        last = PROPER_NAMES.get(last, last.title())
    return "-".join([*(modifier.title() for modifier in modifiers), last])


def key_names(keys: Keys) -> str:
    """Keys as they are said to people: `Ctrl-S, F5`; not those that few terminals send."""
    usual = [key for key in keys if not key.startswith("super+")]
    return ", ".join(key_name(key) for key in usual or keys)
