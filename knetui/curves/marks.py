"""Events of a run as marks on its curves: a letter each, and what it means."""

from typing import NamedTuple

from knetengine.training.metrics import Event

# of an event's name: the letter on the curve, and what happened
MARKS: dict[str, tuple[str, str]] = {
    "paused": ("P", "paused"),
    "running": ("R", "went on"),
    "resumed": ("R", "went on in another process"),
    "swapped": ("S", "other code took effect"),
    "swap rejected": ("s", "other code was refused"),
    "number": ("#", "a number was changed"),
    "number refused": ("n", "another number was refused"),
    "branched": ("B", "branched"),
    "not finite": ("!", "not finite"),
    "pausing": ("?", "paused itself"),
    "checkpoint failed": ("C", "no checkpoint"),
}


class Happening(NamedTuple):
    """An event that is marked: when, in seconds of the run; the letter; what it was."""

    seconds: float
    letter: str
    words: str


def happenings(events: list[Event]) -> list[Happening]:
    """The events that are worth a mark, in the order of their time."""
    found: list[Happening] = []
    for event in events:
        if event.name in MARKS:
            letter, words = MARKS[event.name]
            words = f"{words}: {event.text}" if event.text else words
            found.append(Happening(event.time, letter, words))
    return found
