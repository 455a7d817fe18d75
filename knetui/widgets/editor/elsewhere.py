"""Lends the terminal to the user's own editor, for a document; says what is in the way of it."""

import subprocess
from pathlib import Path

from textual.app import App, SuspendNotSupported

from knetui.editing.documents import Document, read_document, write_document
from knetui.editing.external_editor import NoEditor, editor_command
from knetui.fence import fence


def save_for(app: App[None], document: Document, line: int) -> list[str] | None:
    """Write the document to its file; the command that opens it there, or None if it cannot be."""
    try:
        command = editor_command(document.path, line)
        kept = write_document(document) if document.unsaved else None
    except NoEditor as problem:
        app.notify(fence(str(problem)), severity="error", markup=False, timeout=10)
        return None
    except OSError as problem:
        words = f"{document.path}: {problem}"
        app.notify(fence(words), severity="error", markup=False, timeout=10)
        return None
    if kept is not None:
        words = f"another program had changed the file; its version is kept as {kept.name}"
        app.notify(fence(words), severity="warning", timeout=10, markup=False)
    return command


def lend_terminal(app: App[None], command: list[str]) -> bool:
    """Run a program on the terminal until it ends; whether it could be lent."""
    try:
        with app.suspend():
            status = _run(command)
    except SuspendNotSupported:
        app.notify("this terminal cannot be lent to another program", severity="error")
        return False
    if status != 0:
        words = f"{command[0]} ended with status {status}"
        app.notify(fence(words), severity="warning", markup=False)
    return True


def reread(app: App[None], document: Document) -> str | None:
    """What is in the document's file now, which it counts as saved; None if it cannot be read."""
    try:
        found = read_document(Path(document.path))
    except (OSError, UnicodeDecodeError) as problem:
        words = f"{document.path} cannot be read: {problem}; the text stays as it was"
        app.notify(fence(words), severity="error", markup=False, timeout=10)
        return None
    document.digest = found.digest
    return found.text.replace("\r\n", "\n")


def _run(command: list[str]) -> int:
    try:
        return subprocess.run(command, stdin=0, stdout=1, stderr=2, check=False).returncode
    except OSError:
        return 127
