"""From the words that were typed to an exit status."""

import io
import os
import sys

from cyclopts import App, CycloptsError

from knetui.command_line.words import WORDS, unknown_word


def run(app: App) -> None:
    """Do what the command line says, and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal of ASCII shows what it can
    try:
        status = _answer(app, sys.argv[1:])
    except CycloptsError as error:
        print(f"knet-tui: {' '.join(str(error).split())}", file=sys.stderr)
        status = 2
    except BrokenPipeError:  # `knet-tui ... | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    sys.exit(status if isinstance(status, int) else 0)


def _answer(app: App, arguments: list[str]) -> object:
    match arguments:
        case [word, _, *_] if word[0] != "-" and word not in WORDS:
            print(f"knet-tui: {unknown_word(word)}", file=sys.stderr)
            return 2
        case ["train" | "restart" as word, *words]:
            return _answer_with_options(app, word, words)
        case _:
            return app(arguments, exit_on_error=False, print_error=False)


def _answer_with_options(app: App, word: str, words: list[str]) -> object:
    """What stands behind the model or run is for its main, but for `--detach` and `--resume`."""
    before = next((i for i, word in enumerate(words) if not word.startswith("-")), len(words))
    ours, model, theirs = words[:before], words[before : before + 1], words[before + 1 :]
    for own in ("--detach", "--resume") if word == "train" else ("--detach",):
        if own in theirs:
            theirs.remove(own)
            ours.append(own)
    if model and {"--help", "-h"} & set(theirs):
        from knetui.command_line.training import show_options, show_options_of_run

        return show_options(*model) if word == "train" else show_options_of_run(*model)
    separated = ["--", *model, *theirs] if model else []
    return app([word, *ours, *separated], exit_on_error=False, print_error=False)
