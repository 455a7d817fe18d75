"""What may be typed at the prompt besides Python."""

import re

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_QUESTION = re.compile(rf"\s*(?:\?+\s*({_NAME})|({_NAME})\s*\?+)\s*")
_FAREWELLS = ("exit", "quit", "exit()", "quit()")


def asked_name(text: str) -> str | None:
    """The name in `?name` or `name?`; None for anything else."""
    found = _QUESTION.fullmatch(text)
    return (found[1] or found[2]) if found else None


def unknown(name: str) -> str:
    """The answer to a question for a name that could not be looked up."""
    return f"{name}: not defined, or only to be found by running code"


def is_farewell(text: str) -> bool:
    """Whether the text asks to leave."""
    return text.strip() in _FAREWELLS
