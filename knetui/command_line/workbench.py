"""Open the workbench, or say in a line why it cannot be opened here."""

import os
import sys
from pathlib import Path

from knetengine.training.folder import RunError, RunFolder, find_run
from knetengine.training.home import home
from knetui.command_line.words import unknown_word


def open_workbench(file: Path | None) -> int:
    """Open the workbench, with FILE in its editor or with what was there before."""
    if file is not None and (problem := _problem_with(file)):
        print(f"knet-tui: {problem}", file=sys.stderr)
        return 2
    return _open(file, None)


def attach_workbench(which: str) -> int:
    """Open the workbench on a run."""
    try:
        run = find_run(which)
    except RunError as error:
        print(f"knet-tui: {error}", file=sys.stderr)
        return 2
    return _open(None, run)


def _open(file: Path | None, run: RunFolder | None) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(
            "knet-tui: the workbench needs a terminal; without one, `knet-tui train housing` "
            "trains and prints, and `knet-tui runs` lists the runs",
            file=sys.stderr,
        )
        return 2
    if os.environ.get("TERM", "") in ("", "dumb"):
        print(
            "knet-tui: this terminal (TERM is empty or dumb) cannot move its cursor; "
            "`knet-tui train housing` and `knet-tui repl` work here",
            file=sys.stderr,
        )
        return 2
    from knetui.app import KnetApp  # late: Textual costs 0.2 s, which no other command needs

    try:
        app = KnetApp(file=file, run=run)
    except OSError as error:
        print(f"knet-tui: nothing can be kept in {home()}: {error}", file=sys.stderr)
        return 2
    app.run()
    return app.return_code or 0


def _problem_with(file: Path) -> str | None:
    if not _is_text(str(file)):
        return f"{str(file)!r} is not text in UTF-8; rename the file"
    if file.is_dir():
        return f"{file} is a folder; name a model file"
    if file.exists():
        try:
            file.read_text(encoding="utf-8")
        except OSError as error:
            return f"{file} cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            return f"{file} is not text in UTF-8"
        return None
    if not file.suffix:  # a mistyped word rather than a file to be
        return unknown_word(str(file))
    if not file.parent.is_dir():
        return f"there is no folder {file.parent}"
    return None


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
