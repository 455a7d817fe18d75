"""The one screen of the workbench: edit a model, train it, watch it."""

import gc
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer

from knetengine.training.folder import RunFolder
from knetui.actions import Actions
from knetui.editing.documents import first_document, write_document
from knetui.frame_meter import FrameMeter
from knetui.models import own_copy
from knetui.screens.frame import FRAME_KEYS, HELP_KEY, key
from knetui.screens.panes import PANES
from knetui.screens.running import RUN_KEYS
from knetui.screens.starting import START_KEYS, Starting
from knetui.screens.steering import STEER_KEYS
from knetui.session import Session, SessionFile
from knetui.widgets.editor import EditorPane
from knetui.widgets.pane_bar import PaneBar
from knetui.widgets.repl import ReplPane
from knetui.widgets.status import StatusLine

FIRST_EXAMPLE = "housing"

MODEL_KEYS = (
    key("f3", "options", "Options", "To the next run's options, or back", "run.options", show=True),
    key(
        "ctrl+s",
        "save",
        "Save",
        "Write the model to its file; a run of it that goes on takes the new code",
        "model.save",
        show=True,
    ),
    key(
        "f4",
        "go_to_error",
        "Go to error",
        "To the line of the last error",
        "model.error",
    ),
    key("ctrl+n", "welcome", "Open", "Another model: examples, recent files, runs", "model.open"),
)


class Workbench(Starting):
    """The panes, and the document that is edited."""

    # the order of the keys at the bottom of the screen
    BINDINGS: ClassVar[list[BindingType]] = [
        HELP_KEY,
        *RUN_KEYS,
        *STEER_KEYS,
        *START_KEYS,
        *MODEL_KEYS,
        *FRAME_KEYS,
    ]

    def __init__(
        self,
        session: Session,
        session_file: SessionFile,
        actions: Actions,
        meter: FrameMeter,
        file: Path | None,
        run: RunFolder | None,
        notices: list[str],
    ) -> None:
        super().__init__(session, session_file, actions, meter)
        self._file = file
        self._run_to_show = run
        self._notices = notices
        self._welcomes = session_file.is_first and file is None and run is None

    def compose(self) -> ComposeResult:
        """The panes between the status line and the keys."""
        document, notices = first_document(
            self.session.document, self._file, own_copy(FIRST_EXAMPLE)
        )
        self._notices += notices
        self.session.document = document
        self.session.remember_file(document.path)
        settings: dict[str, dict[str, Any]] = {
            "editor": {"document": document, "options": self.session.options},
            "repl": {"history": self.session.history, "place": self._actions.places["repl"]},
            "curves": {"settings": self.session.curves},
        }
        panes = {
            name: pane(number, id=name, **settings.get(name, {}))
            for number, (name, pane) in enumerate(PANES.items(), 1)
        }
        repl = panes["repl"]
        assert isinstance(repl, ReplPane)
        self._repl = repl  # closed at the end, when nothing is to be found by a query any more
        yield StatusLine()
        yield PaneBar(list(PANES))
        yield self.lay_out(panes)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Bring back what was there, then begin to look."""
        self._desk.scan()
        if self._run_to_show is not None:
            self._desk.include(self._run_to_show)
        self.begin_to_read()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        gc.freeze()  # what is there now stays: not looking at it again saves pauses of 50 ms
        self.scan_runs()
        for notice in (self._session_file.problem, *self._notices):
            if notice:
                self.notify(notice, severity="warning", timeout=10, markup=False)
        document = self.editor.document
        self._repl.start(document.text, document.path)
        self.editor.complete_by(self._repl.complete)
        if self._welcomes:
            self.action_welcome()

    # the document

    def action_options(self) -> None:
        """Go to the line of options, or back to the text."""
        self.session.pane = "editor"
        self.session.layout.show("editor")
        self._arrange()
        self.editor.switch_to_options()

    def action_save(self) -> None:
        """Write the text to its file and define its names in the REPL."""
        document = self.editor.document
        try:
            kept = write_document(document)
        except OSError as error:
            self.tell(f"{document.path} was not written: {error.strerror or error}")
            return
        self.editor.saved()
        self.remember_soon()
        if kept is not None:
            words = f"another program had changed the file; its version is kept as {kept.name}"
            self.notify(words, severity="warning", timeout=10, markup=False)
        else:
            self.notify(f"saved {document.path}", timeout=2, markup=False)
        if self.editor.syntax_error() is None:
            self._repl.load_model(document.text, document.path)
            self.swap_if_running(Path(document.path), document.text)

    def action_go_to_error(self) -> None:
        """Put the cursor on the line of the last complaint, or of the first mistake."""
        if self.editor.go_to_error():
            self.action_show_pane("editor")
        else:
            self.notify("there is no error to go to", timeout=2)

    def action_welcome(self) -> None:
        """Offer the examples, the files edited of late, and the runs."""
        from knetui.screens.welcome import Welcome  # late: no part of the first frame

        runs = list(self._desk.summaries.items())
        keys = {"train": self.keys_of("run.train"), "help": self.keys_of("view.help")}
        welcome = Welcome(self.editor.document.path, self.session.files, runs, keys)
        self.app.push_screen(welcome, self._take_choice)

    def _take_choice(self, choice: tuple[str, str] | None) -> None:
        match choice:
            case None:
                pass
            case ("run", name):
                self.look_at(name)
                self.action_show_pane("curves")
            case ("example", name):
                self._open(own_copy(name))
            case (_, path):
                self._open(Path(path))

    def _open(self, path: Path) -> None:
        """Edit another file; unsaved text of this one is kept beside it."""
        document, notices = first_document(self.session.document, path, own_copy(FIRST_EXAMPLE))
        for notice in notices:
            self.notify(notice, severity="warning", timeout=10, markup=False)
        before = self.editor.document.path
        if document.path != before:
            self.session.options_of[before] = self.editor.options
            self.editor.show_document(document, self.session.options_of.get(document.path, ""))
            self._repl.load_model(document.text, document.path)
        self.session.document = self.editor.document
        self.session.remember_file(document.path)
        self.action_show_pane("editor")

    @on(EditorPane.Changed)
    def _document_changed(self) -> None:
        self.session.document = self.editor.document
        self.remember_soon()

    @on(EditorPane.OptionsChanged)
    def _options_changed(self, event: EditorPane.OptionsChanged) -> None:
        self.session.options = event.options
        self.remember_soon()

    async def on_unmount(self) -> None:
        """End the evaluator; runs go on."""
        await self._repl.close()
