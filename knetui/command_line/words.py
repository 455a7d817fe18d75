"""The words of the command line, and what was probably meant by others."""

import difflib

WORDS = (
    "train",
    "repl",
    "restart",
    "runs",
    "curves",
    "memory",
    "name",
    "pin",
    "delete",
    "restore",
    "attach",
    "pause",
    "resume",
    "stop",
    "step",
    "set",
    "swap",
    "branch",
    "data",
    "keys",
    "doctor",
)


def unknown_word(word: str) -> str:
    """Say that `word` is neither a command nor a file, and which command is nearest to it."""
    near = difflib.get_close_matches(word, WORDS, n=1)
    meant = f"; did you mean `knet-tui {near[0]}`?" if near else ""
    return f"{word} is neither a command nor a file{meant} (`knet-tui --help` lists the commands)"
