"""The user's own editor, as a command."""

import os
import shlex
import shutil
from collections.abc import Mapping

COMMON = ("sensible-editor", "nano", "vim", "vi")
_TAKES_LINE = frozenset(("nano", "vi", "vim", "nvim", "emacs", "kak", "micro", "ne", "joe", "mg"))


class NoEditor(Exception):  # noqa: N818  it says what there is, as KeyboardInterrupt does
    """There is no editor to open; the message says what to do."""


def editor_command(path: str, line: int, environment: Mapping[str, str] = os.environ) -> list[str]:
    """The command that opens the file in $VISUAL, $EDITOR or what is common, at a line from 1."""
    for variable in ("VISUAL", "EDITOR"):
        named = environment.get(variable, "").strip()
        if named:
            return [*_words_of(named, variable, environment), *_place(named, line), path]
    for name in COMMON:
        if shutil.which(name, path=environment.get("PATH")):
            return [name, *_place(name, line), path]
    raise NoEditor("no editor was found; set EDITOR, such as: export EDITOR=nano")


def _words_of(named: str, variable: str, environment: Mapping[str, str]) -> list[str]:
    try:
        words = shlex.split(named)
    except ValueError as problem:
        raise NoEditor(f"${variable} is {named!r}: {problem}") from None
    if shutil.which(words[0], path=environment.get("PATH")) is None:
        raise NoEditor(f"${variable} is {named!r}, and there is no such command")
    return words


def _place(named: str, line: int) -> list[str]:
    name = os.path.basename(shlex.split(named)[0])
    return [f"+{line}"] if name in _TAKES_LINE else []
