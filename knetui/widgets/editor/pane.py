"""The editor pane: the model's text, and the options that its runs get."""

import ast
import asyncio
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, TextArea

from knetengine.training.folder import Failure, RunFolder
from knetui.editing.checker import Checker
from knetui.editing.completion import Ask
from knetui.editing.documents import Document
from knetui.editing.line_marks import Mark, first_line, same_line
from knetui.editing.line_place import place_of
from knetui.editing.outline import outline
from knetui.widgets.editor.code_area import follow_theme
from knetui.widgets.editor.completer import Completer
from knetui.widgets.editor.completion_list import CompletionList
from knetui.widgets.editor.editor_area import EditorArea
from knetui.widgets.editor.elsewhere import lend_terminal, reread, save_for
from knetui.widgets.editor.find_bar import FindBar
from knetui.widgets.editor.finder import Finder
from knetui.widgets.editor.line_bar import LineBar
from knetui.widgets.editor.outline_list import OutlineList
from knetui.widgets.pane import Pane

CHECK_SECONDS = 0.3  # after the last key
FIRST_CHECK_SECONDS = 0.8  # the first frame, and the first keys, go before


def _key(key: str, action: str, name: str, meaning: str) -> Binding:
    return Binding(key, action, name, show=False, tooltip=meaning, id=f"editor.{action}")


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
    entry = "EditorArea"
    explanation = """
        The model: a file of plain Python. predict computes, loss says how wrong that is, main
        trains. What you type is kept at once, and written to its file when you save; a star
        behind the name says that the two differ. The line at the bottom holds the options of
        main for the next run.

        Signs beside the numbers of lines: ● will fail, such as a name that nobody defines; ▲ looks
        wrong; × is where a run failed. The words stand behind the line, and on the lower border.
        Words are completed by what the prompt knows, and by the text; Tab takes one.
    """
    widgets_with_keys = (Input, EditorArea)
    typing = True
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("ctrl+f", "find", "Find", "Find words in the text"),
        _key("ctrl+r", "replace", "Replace", "Find words, and put others there"),
        _key("alt+g", "find_next", "Find next", "Go to the next match"),
        _key("alt+shift+g", "find_previous", "Find previous", "Go to the match before"),
        _key("ctrl+g", "go_to_line", "Go to line", "Go to a line by its number"),
        _key("alt+d", "outline", "Outline", "Go to a function or class"),
        _key("alt+m", "next_mistake", "Next mistake", "Go to the next line with a sign"),
        _key("alt+shift+m", "previous_mistake", "Mistake before", "Go to the sign before"),
        _key("alt+e", "edit_elsewhere", "Open in $EDITOR", "Save, and open the file in $EDITOR"),
    ]

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
        self._checker = Checker()
        self._complaint = ""  # of something that has no line
        self.area = EditorArea(document.text)
        self._popup = CompletionList()
        self._completer = Completer(self.area, self._popup)
        self._find_bar = FindBar()
        self._finder = Finder(self.area, self._find_bar)
        self._line_bar = LineBar(self._go_to_place)
        self._outline = OutlineList(self._go_to_row)

    def compose(self) -> ComposeResult:
        """The text above its line of options."""
        self.area.cursor_blink = False
        yield self.area
        yield self._find_bar
        yield self._line_bar
        yield self._outline
        options = Input(
            self._options,
            placeholder="options of main, such as --epochs 20 --lr 0.1",
            select_on_focus=False,
            classes="options",
        )
        options.cursor_blink = False
        yield options
        yield self._popup

    def on_mount(self) -> None:
        """Return to where the cursor was."""
        follow_theme(self, self.area)
        self.area.popup_key = self._popup.press
        place = (self.document.line, self.document.column)
        self.call_after_refresh(self.area.move_cursor, place)  # once it knows its size
        self._show_state()
        self._check_timer = self.set_timer(FIRST_CHECK_SECONDS, self._check)

    async def on_unmount(self) -> None:
        """End the child that looks for mistakes."""
        await self._checker.close()

    @property
    def options(self) -> str:
        """The options for the next run, as one line."""
        return self._options_line.value

    def set_options(self, options: str) -> None:
        """Replace the line of options."""
        self._options_line.value = options

    @property
    def _options_line(self) -> Input:
        return self.query_one(".options", Input)

    def show_document(self, document: Document, options: str) -> None:
        """Show another document, with the options that its runs get."""
        self._popup.close()
        for bar in (self._find_bar, self._line_bar, self._outline):
            bar.close()
        self._finder.text_changed()
        self.screen.set_focus(self.area)
        self.document = document
        place = (document.line, document.column)  # loading the text moves the cursor
        self.area.marks.clear()
        self.area.load_text(document.text)
        self.area.move_cursor(self.area.clamp_visitable(place), center=True)
        self._options_line.value = options
        self.clear_complaint()

    def complete_by(self, ask: Ask) -> None:
        """Ask this for live names from now on."""
        self._completer.ask = ask

    def switch_to_options(self) -> None:
        """Give the keyboard to the options; to the text when they have it."""
        options = self._options_line
        self.screen.set_focus(self.area if options.has_focus else options)

    # what is wrong, and where

    def syntax_error(self) -> SyntaxError | None:
        """What keeps the text from being a program, if anything; nothing of it is executed."""
        try:
            ast.parse(self.document.text.removeprefix("\ufeff"), self.document.path)
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError) as error:  # NUL bytes, deep nesting
            return SyntaxError(str(error) or type(error).__name__)
        return None

    @property
    def _gravest(self) -> Mark | None:
        marks = self.area.marks
        return marks.failure or next((m for m in marks.all() if m.severity == "error"), None)

    def complain(self, message: str, line: int | None, source: str | None = None) -> None:
        """Show what went wrong at its line, which counts from 1 in `source`, or in the text."""
        text = "\n".join(self.area.lines)
        if line is not None and source is not None:
            line = same_line(line, source.replace("\r\n", "\n"), text)
        if line is None:
            self._complaint = first_line(message)
        else:
            row = min(line, self.area.document.line_count) - 1
            self.area.marks.failure = Mark(row, 0, "failure", message)
        self._marks_changed()

    def complain_of_run(self, folder: RunFolder, failure: Failure, ran: Path | None = None) -> bool:
        """Show at the line that failed why a run did; whether it was a run of this file.

        ran: what it ran; if that is another text than the one that it began with.
        """
        path = Path(folder.description.source_path).resolve()
        if path != Path(self.document.path).resolve():
            return False
        try:
            source = (ran or folder.source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            source = None
        self.complain(f"{failure.kind}: {failure.message}", failure.line, source)
        return True

    def clear_complaint(self) -> None:
        """Forget the last complaint."""
        self._complaint = ""
        self.area.marks.failure = None
        self._marks_changed()

    def go_to_error(self) -> bool:
        """Put the cursor on that line; whether there is one."""
        mark = self._gravest
        if mark is None:
            return False
        line = self.area.lines[mark.row]
        self._go_to(mark.row, mark.column or len(line) - len(line.lstrip()))
        return True

    def action_next_mistake(self) -> None:
        """Go to the next line with a mark."""
        self._step_to_mistake(1)

    def action_previous_mistake(self) -> None:
        """Go to the marked line before."""
        self._step_to_mistake(-1)

    def _step_to_mistake(self, step: int) -> None:
        mark = self.area.marks.next(self.area.cursor_location[0], step)
        if mark is None:
            self.notify("nothing is wrong here, as far as can be seen", timeout=2)
        else:
            self._go_to(mark.row, mark.column)

    def _go_to(self, row: int, column: int) -> None:
        self.area.move_cursor(self.area.clamp_visitable((row, column)), center=True)
        self.screen.set_focus(self.area)

    @work(group="editor-check", exclusive=True)
    async def _check(self) -> None:
        lines = self.area.lines
        text = "\n".join(lines)
        found = await self._checker.check(text)
        if found is None or "\n".join(self.area.lines) != text:  # late: the next is on its way
            return
        if self.area.marks.set_mistakes(found, len(lines)):
            self._marks_changed()

    def _marks_changed(self) -> None:
        self.area.redraw_lines()
        self._show_state()

    # the document

    def saved(self) -> None:
        """The document was written to its file."""
        self.area.history.checkpoint()
        self._show_state()

    @work(group="editor-elsewhere", exclusive=True)
    async def action_edit_elsewhere(self) -> None:
        """Save, and open the file in the user's own editor; then take over what is in it."""
        self.document.text = self.area.text
        command = save_for(self.app, self.document, self.area.cursor_location[0] + 1)
        if command is None:
            return
        self.saved()
        await asyncio.sleep(0)
        if not lend_terminal(self.app, command):
            return
        text = reread(self.app, self.document)
        if text is not None:
            self.area.replace_text(text)  # an edit that can be undone
            self._show_state()
            self.post_message(self.Changed())

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        self.document.text = self.area.text
        self._complaint = ""
        if self._check_timer is not None:
            self._check_timer.stop()
        self._check_timer = self.set_timer(CHECK_SECONDS, self._look_again)
        self._finder.text_changed()
        self._show_state()
        self.post_message(self.Changed())

    def _look_again(self) -> None:
        self._finder.refresh()
        self._check()

    @on(TextArea.SelectionChanged)
    def _cursor_moved(self) -> None:
        self.document.line, self.document.column = self.area.cursor_location
        self._show_words()
        self.post_message(self.Changed())

    @on(Input.Changed, ".options")
    def _options_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.OptionsChanged(event.value))

    @on(Input.Submitted, ".options")
    def _back_to_the_text(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.area)

    def _show_state(self) -> None:
        self.show_title(f"{Path(self.document.path).name}{' *' if self.document.unsaved else ''}")
        self._show_words()

    def _show_words(self) -> None:
        marks = self.area.marks
        self.show_subtitle(self._complaint or marks.told(self.area.cursor_location[0]))
        self.set_class(bool(self._complaint) or marks.has_errors(), "-complaining")

    # finding, and going somewhere

    def action_find(self) -> None:
        """Find words in the text."""
        self._finder.open(replacing=False)

    def action_replace(self) -> None:
        """Find words, and put others there."""
        self._finder.open(replacing=True)

    def action_find_next(self) -> None:
        """Go to the next match."""
        self._step_to_match(forward=True)

    def action_find_previous(self) -> None:
        """Go to the match before."""
        self._step_to_match(forward=False)

    def _step_to_match(self, *, forward: bool) -> None:
        if self._find_bar.wanted.pattern:
            if not self._finder.step(forward=forward):
                self.notify("it is not in the text", timeout=2)
        else:
            self.action_find()

    @on(EditorArea.Left)
    def _close_find(self) -> None:
        if self._find_bar.is_open:
            self._finder.close()

    def action_go_to_line(self) -> None:
        """Go to a line by its number."""
        self._line_bar.open()

    def _go_to_place(self, words: str) -> bool:
        row = self.area.cursor_location[0]
        place = place_of(words, row, self.area.document.line_count) if words else None
        if words and place is None:
            return False
        self._line_bar.close()
        if place is not None:
            self._go_to(*place)
        self.screen.set_focus(self.area)
        return True

    def action_outline(self) -> None:
        """Go to a function or class."""
        entries = outline(self.area.code.root, self.area.lines)
        self._outline.open(entries, self.area.cursor_location[0])

    def _go_to_row(self, row: int | None) -> None:
        self._outline.close()
        if row is not None:
            self._go_to(row, 0)
        self.screen.set_focus(self.area)

    # completion

    @on(EditorArea.CompletionWanted)
    def _completion_wanted(self, event: EditorArea.CompletionWanted) -> None:
        event.stop()
        self._completer.complete(asked=event.asked)

    def on_resize(self) -> None:
        """A list that is open goes along with its word."""
        self.call_after_refresh(self._completer.follow)

    @on(CompletionList.Chosen)
    def _word_chosen(self, event: CompletionList.Chosen) -> None:
        self._completer.take(event.word)
        self.screen.set_focus(self.area)
