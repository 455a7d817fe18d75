"""The one screen of the workbench: panes, and what the keys do."""

import asyncio
import gc
import shlex
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer

from knetengine.training.control import request
from knetengine.training.folder import RunError, RunFolder
from knetengine.training.launch import WORKBENCH_NICENESS, launch, stop_now
from knetui.documents import first_document, write_document
from knetui.fence import fence
from knetui.models import own_copy
from knetui.run_desk import RunDesk
from knetui.run_view import RunView
from knetui.screens.help import Help
from knetui.session import Session, SessionFile
from knetui.widgets.curves import CurvesPane
from knetui.widgets.editor import EditorPane
from knetui.widgets.log import LogPane
from knetui.widgets.memory import MemoryPane
from knetui.widgets.pane import Pane
from knetui.widgets.pane_bar import PaneBar
from knetui.widgets.repl import ReplPane
from knetui.widgets.runs import RunsPane
from knetui.widgets.status import StatusLine

PANES = ("editor", "repl", "curves", "log", "runs", "memory")
TINY_ROWS = 8  # where borders and bars would leave nothing of the text
WIDE = (100, 28)  # columns and rows that show all panes at once
FIRST_EXAMPLE = "housing"
REMEMBER_SECONDS = 0.25
READ_SECONDS = 0.1
READ_BUDGET_SECONDS = 0.006  # a key waits for it
SHOW_SECONDS = 0.2  # more repaints a second cost an SSH line, and nobody reads faster
SCAN_SECONDS = 1.0


def _key(
    key: str, action: str, name: str, meaning: str, *, show: bool = True, at_once: bool = True
) -> Binding:
    """A key of the workbench, wherever the keyboard is; the palette offers it by its name.

    Keys take effect `at_once`, before those that follow find their widget. Those that read what
    was typed wait their turn behind it instead.
    """
    return Binding(key, action, name, tooltip=meaning, show=show, priority=at_once)


class Workbench(Screen[None]):
    """Edit a model, train it, watch it."""

    CSS = """
    Workbench { layout: vertical; }
    Workbench * { scrollbar-size-vertical: 1; scrollbar-background: transparent; }
    Workbench Log, Workbench RichLog { overflow-y: auto; }
    #panes { height: 1fr; }
    #run-column { width: 1fr; }
    #editor { height: 3fr; }
    #repl { height: 2fr; }
    #curves { height: 3fr; }
    #log { height: 2fr; }
    #tables { height: 2fr; min-height: 8; }
    #runs { width: 1fr; }
    #memory { width: 22; }
    PaneBar { display: none; }
    Workbench.-tiny Footer { display: none; }
    Workbench.-tiny .pane { border: none; }
    Workbench.-single .pane { display: none; }
    Workbench.-single .pane.-current { display: block; width: 1fr; height: 1fr; }
    Workbench.-single #memory { width: 1fr; }
    Workbench.-single .area { width: 1fr; height: 1fr; min-height: 0; }
    Workbench.-single .area.-elsewhere { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("f5", "train", "Train", "Train the model with the options below it", at_once=False),
        _key("f6", "pause", "Pause", "Let the selected run wait after its step, or go on"),
        _key("f8", "stop", "Stop", "End the selected run after its step; again: at once"),
        _key("f3", "options", "Options", "Go to the options of the next run, or back"),
        _key("ctrl+s", "save", "Save", "Write the model to its file", at_once=False),
        _key("f2", "next_pane", "Next", "Go to the next pane"),
        _key("f9", "zoom", "Zoom", "Show one pane only, or all of them"),
        _key("f1", "help", "Help", "What the workbench is, and its keys"),
        _key("ctrl+o", "jump", "Go to", "Go to the pane whose number is pressed next"),
        _key("f4", "go_to_error", "Go to error", "Go to the line of the last error", show=False),
        _key("alt+left", "share(-5)", "Narrower model", "Move the border left", show=False),
        _key("alt+right", "share(5)", "Wider model", "Move the border right", show=False),
    ]

    def __init__(
        self,
        session: Session,
        session_file: SessionFile,
        file: Path | None,
        run: RunFolder | None,
    ) -> None:
        super().__init__()
        self.session = session
        self._session_file = session_file
        self._file = file
        self._run_to_show = run
        self._desk = RunDesk(session)
        self._remember_later = False
        self._stop_asked: set[int] = set()
        self._notices: list[str] = []

    # layout

    def compose(self) -> ComposeResult:
        """Two columns of panes between the status line and the keys."""
        document, self._notices = first_document(
            self.session.document, self._file, own_copy(FIRST_EXAMPLE)
        )
        self.session.document = document
        yield StatusLine()
        yield PaneBar(PANES)
        with Horizontal(id="panes"):
            with Vertical(id="model-column", classes="area"):
                yield EditorPane(1, document, self.session.options, id="editor", classes="pane")
                self._repl = ReplPane(2, self.session.history, id="repl", classes="pane")
                yield self._repl
            with Vertical(id="run-column", classes="area"):
                logarithmic = self.session.logarithmic
                yield CurvesPane(3, logarithmic=logarithmic, id="curves", classes="pane")
                yield LogPane(4, id="log", classes="pane")
                with Horizontal(id="tables", classes="area"):
                    yield RunsPane(5, id="runs", classes="pane")
                    yield MemoryPane(6, id="memory", classes="pane")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Bring back what was there, then begin to look."""
        self._desk.scan()
        if self._run_to_show is not None:
            self._desk.include(self._run_to_show)
        self._show_choice()
        self.set_interval(READ_SECONDS, self._read_runs)
        self.set_interval(SHOW_SECONDS, self._show_run)
        self.set_interval(SCAN_SECONDS, self._scan_runs)
        self.set_interval(REMEMBER_SECONDS, self._remember)
        self.action_show_pane(self.session.pane if self.session.pane in PANES else "editor")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        gc.freeze()  # what is there now stays: not looking at it again saves pauses of 50 ms
        self._scan_runs()
        for notice in (self._session_file.problem, *self._notices):
            if notice:
                self.notify(notice, severity="warning", timeout=10, markup=False)
        document = self.editor.document
        self._repl.start(document.text, document.path)
        self.editor.complete_by(self._repl.complete)

    def on_resize(self, event: Resize) -> None:
        """Show one pane at a time where the terminal is too small for all."""
        self._arrange()

    def pane(self, name: str) -> Pane:
        """The pane of that name."""
        return self.query_one(f"#{name}", Pane)

    @property
    def editor(self) -> EditorPane:
        """The editor pane."""
        return self.query_one(EditorPane)

    def _arrange(self) -> None:
        columns, rows = self.app.size
        single = self.session.zoomed or columns < WIDE[0] or rows < WIDE[1]
        self.set_class(single, "-single")
        share = "1fr" if single else f"{self.session.model_share}%"
        self.query_one("#model-column").styles.width = share
        current = self.pane(self.session.pane)
        for pane in self.query(Pane):
            pane.set_class(pane is current, "-current")
        for area in self.query(".area"):
            area.set_class(area not in current.ancestors, "-elsewhere")
        bar = self.query_one(PaneBar)
        tiny = rows < TINY_ROWS
        self.set_class(tiny, "-tiny")
        bar.display = single and not tiny
        bar.show_current(self.session.pane)

    def action_show_pane(self, name: str) -> None:
        """Go to a pane."""
        self.session.pane = name
        self._arrange()
        self.pane(name).enter()
        self._remember_later = True

    def action_jump(self) -> None:
        """Go to the pane whose number is pressed next."""
        bar = self.query_one(PaneBar)
        bar.display = True
        bar.show_current(self.session.pane)
        self.set_focus(bar)

    @on(PaneBar.Left)
    def _pane_bar_left(self) -> None:
        self._arrange()

    def action_choose_pane(self, number: int) -> None:
        """Go to the pane of that number, or back where there is none."""
        known = 1 <= number <= len(PANES)
        self.action_show_pane(PANES[number - 1] if known else self.session.pane)

    def action_options(self) -> None:
        """Go to the line of options, or back to the text."""
        self.session.pane = "editor"
        self._arrange()
        self.editor.switch_to_options()

    def action_next_pane(self) -> None:
        """Go to the pane after the one with the keyboard."""
        here = PANES.index(self._pane_with_keyboard())
        self.action_show_pane(PANES[(here + 1) % len(PANES)])

    def action_zoom(self) -> None:
        """Show the pane with the keyboard alone, or all of them again."""
        self.session.pane = self._pane_with_keyboard()
        self.session.zoomed = not self.session.zoomed
        self._arrange()
        self.pane(self.session.pane).enter()
        self._remember_later = True

    def action_share(self, step: int) -> None:
        """Move the border between the columns by `step` percent."""
        self.session.model_share = min(80, max(20, self.session.model_share + step))
        self._arrange()
        self._remember_later = True

    def action_help(self) -> None:
        """Show the help."""
        self.app.push_screen(Help())

    def _pane_with_keyboard(self) -> str:
        """The name of the pane that has the keyboard, or had it last."""
        around = self.focused.ancestors if self.focused is not None else []
        names = (node.id for node in around if isinstance(node, Pane))
        return next(names, None) or self.session.pane

    # the document

    def action_save(self) -> None:
        """Write the text to its file and define its names in the REPL."""
        document = self.editor.document
        try:
            kept = write_document(document)
        except OSError as error:
            self._tell(f"{document.path} was not written: {error.strerror or error}")
            return
        self.editor.saved()
        self._remember_later = True
        if kept is not None:
            words = f"another program had changed the file; its version is kept as {kept.name}"
            self.notify(words, severity="warning", timeout=10, markup=False)
        else:
            self.notify(f"saved {document.path}", timeout=2, markup=False)
        if self.editor.syntax_error() is None:
            self._repl.load_model(document.text, document.path)

    def action_go_to_error(self) -> None:
        """Put the cursor on the line of the last complaint."""
        if self.editor.go_to_error():
            self.session.pane = "editor"
            self._arrange()
        else:
            self.notify("there is no error to go to", timeout=2)

    @on(EditorPane.Changed)
    def _document_changed(self) -> None:
        self.session.document = self.editor.document
        self._remember_later = True

    @on(EditorPane.OptionsChanged)
    def _options_changed(self, event: EditorPane.OptionsChanged) -> None:
        self.session.options = event.options
        self._remember_later = True

    @on(CurvesPane.LogarithmToggled)
    def _logarithm_toggled(self, event: CurvesPane.LogarithmToggled) -> None:
        self.session.logarithmic = event.logarithmic
        self._remember_later = True

    async def _remember(self) -> None:
        """Write the session a moment after it changed, in a thread: home may be far away."""
        if self._remember_later:
            self._remember_later = False
            try:
                await asyncio.to_thread(self._session_file.write, self.session)
            except OSError as error:
                self._tell(f"the session is not being kept: {error.strerror or error}")

    # runs

    @work(group="launch")
    async def action_train(self) -> None:
        """Start a run of the text as it is, with the options below it."""
        document = self.editor.document
        error = self.editor.syntax_error()
        if error is not None:
            self.editor.complain(error.msg, error.lineno)
            self.editor.go_to_error()
            words = f"line {error.lineno}: {error.msg}"
            self._tell(words, "This is not Python yet")
            return
        try:
            options = shlex.split(self.editor.options)
        except ValueError as problem:
            self._tell(str(problem), "Options")
            return
        self.editor.clear_complaint()
        try:
            folder = await asyncio.to_thread(
                launch, Path(document.path), document.text, options, WORKBENCH_NICENESS
            )
        except (RunError, OSError) as problem:
            self._tell(str(problem))
            return
        self._desk.begin(folder)
        self._show_choice()
        if self.has_class("-single") and self.session.pane in ("editor", "repl"):
            self.notify("it trains; Ctrl-O 3 shows its curves, F2 the next pane", timeout=4)

    def action_pause(self) -> None:
        """Let the selected run wait after its step, or go on."""
        view = self._desk.selected
        if view is None or view.state.has_ended:
            self.notify("no run to pause: F5 starts one", severity="warning")
            return
        request(view.folder.control, "run" if view.state.status == "paused" else "pause")

    def action_stop(self) -> None:
        """Stop the selected run after its step; pressed again, in the middle of it."""
        view = self._desk.selected
        if view is None or view.state.has_ended:
            self.notify("no run to stop", severity="warning")
            return
        if view.number in self._stop_asked:
            self._stop_at_once(view.folder)
            return
        self._stop_asked.add(view.number)
        request(view.folder.control, "stop")

    @work(group="stop")
    async def _stop_at_once(self, folder: RunFolder) -> None:
        await asyncio.to_thread(stop_now, folder)

    @on(RunsPane.Selected)
    def _run_selected(self, event: RunsPane.Selected) -> None:
        self._desk.select(event.name)
        self._show_choice()

    @on(RunsPane.Toggled)
    def _run_toggled(self, event: RunsPane.Toggled) -> None:
        self._desk.toggle(event.name)
        self._show_choice()

    def _show_choice(self) -> None:
        """Other runs are looked at now than before."""
        self.query_one(CurvesPane).show_runs(self._desk.drawn)
        view = self._desk.selected
        self.query_one(LogPane).show_run(view.folder if view else None)
        self.query_one(MemoryPane).show_figures(view)
        self._scan_runs()
        self.query_one(RunsPane).move_to(self.session.selected_run)
        self._read_runs()
        self._show_run()
        self._remember_later = True

    def _scan_runs(self) -> None:
        """Look for new runs, and at how all of them stand."""
        self._desk.scan()
        curves = self.query_one(CurvesPane)
        colours = {
            name: colour
            for name, summary in self._desk.summaries.items()
            if (colour := curves.colour_of(summary.number)) is not None
        }
        self.query_one(RunsPane).show_summaries(self._desk.summaries, colours)

    def _read_runs(self) -> None:
        """Read what the drawn and the selected runs have written since."""
        news = self._desk.read(READ_BUDGET_SECONDS)
        if news.changed:
            self.query_one(CurvesPane).changed()
        for view, text in news.warnings:
            self._tell(text, f"run {view.folder.title}")
        for view in news.ended:
            self._tell_the_end(view)

    def _show_run(self) -> None:
        """Show how the selected run gets on."""
        view = self._desk.selected
        self.query_one(LogPane).show_run(view.folder if view else None)
        self.query_one(LogPane).read(ended=view is not None and view.state.has_ended)
        self.query_one(StatusLine).show_state(self.editor.document.path, view)
        self.query_one(MemoryPane).show_figures(view)

    def _tell_the_end(self, view: RunView) -> None:
        """A run has ended: show its last figures, and what went wrong if something did."""
        self._scan_runs()
        failure = view.state.failure
        title = view.folder.title
        match view.state.status:
            case "rejected" if failure is not None:
                self._tell(failure.message, "Options")
                self._desk.discard(view)
                self._show_choice()
            case "failed" if failure is not None:
                words = f"{failure.kind}: {failure.message}"
                self.editor.complain_of_run(view.folder, failure)
                self._tell(words, f"run {title} failed (F4 goes to the line)")
            case "died":
                self._tell(
                    "its process is gone; its last words are in the log", f"run {title} died"
                )
            case _:
                pass

    def _tell(self, words: str, title: str = "") -> None:
        """Say that something went wrong; the words may be a model's."""
        self.notify(fence(words), title=fence(title), severity="error", markup=False)

    async def on_unmount(self) -> None:
        """End the evaluator; runs go on."""
        await self._repl.close()
