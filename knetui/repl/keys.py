"""The keys of the prompt that differ from prompt_toolkit's own."""

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from knetui.evaluator.completeness import is_complete
from knetui.repl.words import asked_name, is_farewell

_WIDTH = 4


def key_bindings() -> KeyBindings:
    """Enter runs what is complete; Alt-Enter never does; Tab and Backspace indent."""
    bindings = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)  # and not in the line of the history search
    bindings.add("enter", filter=typing)(_enter)
    bindings.add("escape", "enter", filter=typing)(_new_line)
    bindings.add("tab", filter=typing & _in_indentation)(_indent)
    bindings.add("backspace", filter=typing & _in_indentation & _after_indentation)(_dedent)
    return bindings


def _enter(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
        buffer.complete_state = None  # Enter takes the completion that is shown
        return
    # Asked here and not in the child: keys typed on must find the new line already there.
    text = _without_blank_end(buffer.text)
    if asked_name(text) or is_farewell(text):
        buffer.validate_and_handle()
    elif not buffer.document.on_last_line:
        buffer.newline()
    elif (judged := is_complete(text)).status == "incomplete":
        buffer.insert_text("\n" + (judged.indent if _at_line_end(buffer) else ""))
    else:
        buffer.validate_and_handle()


def _new_line(event: KeyPressEvent) -> None:
    event.current_buffer.newline()


def _indent(event: KeyPressEvent) -> None:
    column = event.current_buffer.document.cursor_position_col
    event.current_buffer.insert_text(" " * (_WIDTH - column % _WIDTH))


def _dedent(event: KeyPressEvent) -> None:
    column = event.current_buffer.document.cursor_position_col
    event.current_buffer.delete_before_cursor((column - 1) % _WIDTH + 1)


def _without_blank_end(text: str) -> str:
    head, newline, last = text.rpartition("\n")
    return head + newline if not last.strip() else text


def _at_line_end(buffer: Buffer) -> bool:
    return not buffer.document.current_line_after_cursor.strip()


@Condition
def _in_indentation() -> bool:
    document = get_app().current_buffer.document
    before = document.current_line_before_cursor
    return not before.strip() and (document.line_count > 1 or bool(before))


@Condition
def _after_indentation() -> bool:
    return bool(get_app().current_buffer.document.current_line_before_cursor)
