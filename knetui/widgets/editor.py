"""The editor pane: the model's text, and the options that its runs get."""

import ast
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, TextArea

from knetui.documents import Document, digest
from knetui.widgets.pane import Pane

HIGHLIGHTED_LINES = 1000  # above, each key would cost 18 ms and more
CHECK_SECONDS = 0.3


def follow_theme(pane: Pane, area: TextArea) -> None:
    """Give a pane's text area the syntax colours that can be read on the theme's ground."""

    def choose(_theme: object = None) -> None:
        area.theme = "css" if pane.app.current_theme.dark else "github_light"

    choose()
    pane.app.theme_changed_signal.subscribe(pane, choose)


class CodeArea(TextArea, inherit_bindings=False):
    """A text area that leaves F6 and F7 to the workbench, and has Ctrl-Home and Ctrl-End."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(b for b in TextArea.BINDINGS if isinstance(b, Binding) and b.key not in ("f6", "f7")),
        Binding("ctrl+home", "cursor_document_start", "Beginning", show=False),
        Binding("ctrl+end", "cursor_document_end", "End", show=False),
    ]

    def action_cursor_document_start(self) -> None:
        """Go to the beginning of the text."""
        self.move_cursor((0, 0))

    def action_cursor_document_end(self) -> None:
        """Go to the end of the text."""
        self.move_cursor(self.document.end)


class EditorPane(Pane):
    """Shows a document and keeps it up to date while it is edited."""

    DEFAULT_CSS = """
    EditorPane {
        padding: 0;
        &.-complaining { border-subtitle-color: $text-error; }
        TextArea {
            border: none; padding: 0; height: 1fr; background: transparent;
            scrollbar-size-horizontal: 0;
            &:focus { border: none; }
        }
        Input {
            border: none; height: 1; padding: 0 1; background: $surface;
            &:focus { border: none; }
        }
    }
    """
    title = "model"
    entry = "TextArea"
    explanation = """
        The model: a file of plain Python. predict computes, loss says how wrong that is, main
        trains. What you type is kept at once, and written to its file when you save; a star
        behind the name says that the two differ. The line at the bottom holds the options of
        main for the next run. A mistake is named on the lower border.
    """
    widgets_with_keys = (CodeArea, Input)
    typing = True

    class Changed(Message):
        """The text or the cursor is not what it was; the document says what it is now."""

    class OptionsChanged(Message):
        """The line of options was edited."""

        def __init__(self, options: str) -> None:
            super().__init__()
            self.options = options

    def __init__(self, number: int, document: Document, options: str, **settings: Any) -> None:
        super().__init__(number, **settings)
        self.document = document
        self._options = options
        self._check_timer: Timer | None = None
        self._complaint = ""
        self.error_line: int | None = None

    def compose(self) -> ComposeResult:
        """The text above its line of options."""
        language = "python" if self.document.text.count("\n") <= HIGHLIGHTED_LINES else None
        area = CodeArea.code_editor(self.document.text, language=language)
        area.cursor_blink = False
        yield area
        options = Input(
            self._options,
            placeholder="options of main, such as --epochs 20 --lr 0.1",
            select_on_focus=False,
        )
        options.cursor_blink = False
        yield options

    def on_mount(self) -> None:
        """Return to where the cursor was."""
        follow_theme(self, self.area)
        place = (self.document.line, self.document.column)
        self.call_after_refresh(self.area.move_cursor, place)  # once it knows its size
        self._show_state()

    @property
    def area(self) -> TextArea:
        """The text area."""
        return self.query_one(TextArea)

    @property
    def options(self) -> str:
        """The options for the next run, as one line."""
        return self.query_one(Input).value

    def set_options(self, options: str) -> None:
        """Replace the line of options."""
        self.query_one(Input).value = options

    def show_document(self, document: Document, options: str) -> None:
        """Show another document, with the options that its runs get."""
        self.document = document
        self.clear_complaint()
        place = (document.line, document.column)  # loading the text moves the cursor
        highlighted = document.text.count("\n") <= HIGHLIGHTED_LINES
        self.area.language = "python" if highlighted else None
        self.area.load_text(document.text)
        self.area.move_cursor(place)
        self.query_one(Input).value = options
        self._show_state()

    def switch_to_options(self) -> None:
        """Give the keyboard to the options; to the text when they have it."""
        options = self.query_one(Input)
        self.screen.set_focus(self.area if options.has_focus else options)

    def syntax_error(self) -> SyntaxError | None:
        """What keeps the text from being a program, if anything; nothing of it is executed."""
        try:
            ast.parse(self.document.text.removeprefix("\ufeff"), self.document.path)
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError) as error:  # NUL bytes, deep nesting
            return SyntaxError(str(error) or type(error).__name__)
        return None

    def complain(self, message: str, line: int | None) -> None:
        """Show what went wrong, and remember the line for `go_to_error`."""
        where = f"line {line}: " if line else ""
        self._complaint = f"{where}{message.splitlines()[0] if message else ''}"
        self.error_line = line
        self._show_state()

    def clear_complaint(self) -> None:
        """Forget the last complaint."""
        self._complaint, self.error_line = "", None
        self._show_state()

    def go_to_error(self) -> bool:
        """Put the cursor on the line of the complaint; whether there is one."""
        if self.error_line is None:
            return False
        row = min(self.error_line, self.area.document.line_count) - 1
        self.area.move_cursor((row, 0), center=True)
        self.area.focus()
        return True

    def saved(self) -> None:
        """The document was written to its file."""
        self._show_state()

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        self.document.text = self.area.text
        if self._check_timer is not None:
            self._check_timer.stop()
        self._check_timer = self.set_timer(CHECK_SECONDS, self._check)
        self._show_state()
        self.post_message(self.Changed())

    @on(TextArea.SelectionChanged)
    def _cursor_moved(self) -> None:
        self.document.line, self.document.column = self.area.cursor_location
        self.post_message(self.Changed())

    @on(Input.Changed)
    def _options_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.OptionsChanged(event.value))

    @on(Input.Submitted)
    def _back_to_the_text(self, event: Input.Submitted) -> None:
        event.stop()
        self.area.focus()

    def _check(self) -> None:
        error = self.syntax_error()
        if error is None:
            self.clear_complaint()
        else:
            self.complain(error.msg, error.lineno)

    def _show_state(self) -> None:
        unsaved = digest(self.document.text) != self.document.digest
        self.show_title(f"{Path(self.document.path).name}{' *' if unsaved else ''}")
        self.show_subtitle(self._complaint)
        self.set_class(bool(self._complaint), "-complaining")
