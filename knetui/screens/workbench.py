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
from knetui.fence import fence
from knetui.models import own_copy
from knetui.run_list import RunList
from knetui.session import Document, Session, SessionFile, read_document, write_document
from knetui.widgets.curves import SHOWN_RUNS, CurvesPane
from knetui.widgets.editor import EditorPane
from knetui.widgets.log import LogPane
from knetui.widgets.memory import MemoryPane
from knetui.widgets.pane import Pane
from knetui.widgets.pane_bar import PaneBar
from knetui.widgets.repl import ReplPane
from knetui.widgets.runs import RunsPane
from knetui.widgets.status import StatusLine

PANES = ("editor", "repl", "curves", "log", "runs", "memory")
WIDE = (100, 28)  # columns and rows that show all panes at once
FIRST_EXAMPLE = "housing"
REMEMBER_SECONDS = 0.25
READ_SECONDS = 0.1
READ_BUDGET_SECONDS = 0.006  # a key waits for it
SHOW_SECONDS = 0.2  # more repaints a second cost an SSH line, and nobody reads faster
SCAN_SECONDS = 1.0
STOP_PATIENCE_SECONDS = 3.0


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
    Workbench.-single .pane { display: none; }
    Workbench.-single .pane.-current { display: block; width: 1fr; height: 1fr; }
    Workbench.-single .area { width: 1fr; height: 1fr; min-height: 0; }
    Workbench.-single .area.-elsewhere { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "train", "Train", priority=True),
        Binding("f6", "pause", "Pause", priority=True),
        Binding("f8", "stop", "Stop", priority=True),
        Binding("f3", "options", "Options", priority=True),
        Binding("ctrl+s", "save", "Save", priority=True),
        Binding("f2", "next_pane", "Next"),
        Binding("f9", "zoom", "Zoom"),
        Binding("f1", "help", "Help", priority=True),
        Binding("f4", "go_to_error", "Go to error", show=False),
        Binding("alt+left", "share(-5)", "Narrower model", show=False, priority=True),
        Binding("alt+right", "share(5)", "Wider model", show=False, priority=True),
        Binding("ctrl+o", "jump", "Go to", priority=True),
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
        self._runs = RunList()
        self._remember_later = False
        self._stop_asked: dict[int, float] = {}
        self._failures_told: set[int] = set()
        self._notices: list[str] = []

    # layout

    def compose(self) -> ComposeResult:
        """Two columns of panes between the status line and the keys."""
        document = self._first_document()
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
        self._runs.scan()
        if self._run_to_show is not None:
            self.session.selected_run = self._run_to_show.path.name
            self._draw_too(self._run_to_show.path.name)
        self._show_selected()
        self._show_drawn()
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
        bar.display = single
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

    @on(PaneBar.Chosen)
    def _pane_chosen(self, event: PaneBar.Chosen) -> None:
        self.action_show_pane(event.name or self.session.pane)

    def action_options(self) -> None:
        """Go to the line of options, or back to the text."""
        self.session.pane = "editor"
        self._arrange()
        self.editor.switch_to_options()

    def action_next_pane(self) -> None:
        """Go to the pane after the one with the keyboard."""
        focused = next((a for a in self._focused_ancestors() if isinstance(a, Pane)), None)
        here = focused.id if focused is not None and focused.id else self.session.pane
        self.action_show_pane(PANES[(PANES.index(here) + 1) % len(PANES)])

    def action_zoom(self) -> None:
        """Show the pane with the keyboard alone, or all of them again."""
        focused = next((a for a in self._focused_ancestors() if isinstance(a, Pane)), None)
        if focused is not None and focused.id:
            self.session.pane = focused.id
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
        from knetui.screens.help import Help  # late: Textual's Markdown costs 50 ms

        self.app.push_screen(Help())

    def _focused_ancestors(self) -> list[object]:
        return list(self.focused.ancestors) if self.focused is not None else []

    # the document

    def _first_document(self) -> Document:
        """The file that was asked for, or the one that was there, or the first example."""
        remembered = self.session.document
        wanted = self._file.resolve() if self._file is not None else None
        if remembered is not None and wanted in (None, Path(remembered.path)):
            if remembered.unsaved:
                return remembered
            wanted = Path(remembered.path)
        elif remembered is not None and remembered.unsaved:
            self._keep_aside(remembered)
        path = wanted or own_copy(FIRST_EXAMPLE)
        try:
            document = read_document(path)
        except (OSError, UnicodeDecodeError) as error:
            self._notices.append(f"{path} cannot be read: {error}")
            document = read_document(own_copy(FIRST_EXAMPLE))
        if remembered is not None and remembered.path == document.path:
            document.line, document.column = remembered.line, remembered.column
        return document

    def _keep_aside(self, document: Document) -> None:
        """Write unsaved text that gives way to another file beside its own file."""
        path = Path(document.path)
        aside = path.with_name(f"{path.name}.unsaved")
        aside.write_text(document.text, encoding="utf-8")
        self._notices.append(f"unsaved text of {path.name} is kept as {aside}")

    def action_save(self) -> None:
        """Write the text to its file and define its names in the REPL."""
        document = self.editor.document
        try:
            kept = write_document(document)
        except OSError as error:
            problem = f"{document.path} was not written: {error.strerror or error}"
            self.notify(problem, severity="error", markup=False)
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
                words = f"the session is not being kept: {error.strerror or error}"
                self.notify(words, severity="error", markup=False)

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
            self.notify(words, title="This is not Python yet", severity="error", markup=False)
            return
        try:
            options = shlex.split(self.editor.options)
        except ValueError as problem:
            self.notify(f"options: {problem}", severity="error", markup=False)
            return
        self.editor.clear_complaint()
        try:
            folder = await asyncio.to_thread(
                launch, Path(document.path), document.text, options, WORKBENCH_NICENESS
            )
        except (RunError, OSError) as problem:
            self.notify(str(problem), severity="error", markup=False)
            return
        self.session.selected_run = folder.path.name
        self._runs.scan()
        self._draw_too(folder.path.name)
        self._scan_runs()
        self._show_selected()

    def action_pause(self) -> None:
        """Let the selected run wait after its step, or go on."""
        view = self._runs.view(self.session.selected_run)
        if view is None or view.state.has_ended:
            self.notify("no run to pause: F5 starts one", severity="warning")
            return
        request(view.folder.control, "run" if view.state.status == "paused" else "pause")

    def action_stop(self) -> None:
        """Stop the selected run after its step; pressed again, in the middle of it."""
        view = self._runs.view(self.session.selected_run)
        if view is None or view.state.has_ended:
            self.notify("no run to stop", severity="warning")
            return
        if view.number in self._stop_asked:
            self._stop_at_once(view.folder)
            return
        self._stop_asked[view.number] = asyncio.get_running_loop().time()
        request(view.folder.control, "stop")

    @work(group="stop")
    async def _stop_at_once(self, folder: RunFolder) -> None:
        await asyncio.to_thread(stop_now, folder)

    @on(RunsPane.Selected)
    def _run_selected(self, event: RunsPane.Selected) -> None:
        self.session.selected_run = event.name
        self._show_selected()

    @on(RunsPane.Toggled)
    def _run_toggled(self, event: RunsPane.Toggled) -> None:
        shown = self.session.shown_runs
        if event.name in shown:
            shown.remove(event.name)
        else:
            self._draw_too(event.name)
        self._show_drawn()
        self._scan_runs()

    def _draw_too(self, name: str) -> None:
        """Draw a run beside those that are drawn; the one drawn longest gives way."""
        shown = self.session.shown_runs
        if name not in shown:
            shown.append(name)
            del shown[:-SHOWN_RUNS]
        self._show_drawn()

    def _show_selected(self) -> None:
        names = self._runs.names()
        if self.session.selected_run not in names:
            self.session.selected_run = names[0] if names else ""
        view = self._runs.view(self.session.selected_run)
        self.query_one(LogPane).show_run(view.folder if view else None)
        self.query_one(MemoryPane).show_figures(view)
        self.query_one(RunsPane).move_to(self.session.selected_run)
        self._read_runs()
        self._show_run()
        self._remember_later = True

    def _show_drawn(self) -> None:
        shown = self.session.shown_runs
        views = [view for name in shown if (view := self._runs.view(name)) is not None]
        self.query_one(CurvesPane).show_runs(views)
        self._remember_later = True

    def _scan_runs(self) -> None:
        """Look for new runs, and at how all of them stand."""
        self._runs.scan()
        curves = self.query_one(CurvesPane)
        colours = {
            name: colour
            for name, summary in self._runs.summaries.items()
            if (colour := curves.colour_of(summary.number)) is not None
        }
        self.query_one(RunsPane).show_summaries(self._runs.summaries, colours)
        if not self.session.selected_run and self._runs.summaries:
            self._show_selected()

    def _read_runs(self) -> None:
        """Read what the drawn and the selected runs have written since."""
        followed = dict.fromkeys([*self.session.shown_runs, self.session.selected_run])
        views = [view for name in followed if (view := self._runs.view(name)) is not None]
        curves = self.query_one(CurvesPane)
        for view in views:
            ended = view.state.has_ended
            view.refresh_state()
            if view.read(budget=READ_BUDGET_SECONDS / len(views)):
                curves.changed()
            if view.state.has_ended and not ended:
                self._tell_the_end(view.folder)

    def _show_run(self) -> None:
        """Show how the selected run gets on."""
        view = self._runs.view(self.session.selected_run)
        self.query_one(LogPane).read()
        self.query_one(StatusLine).show_state(self.editor.document.path, view)
        if view is not None and view.memory is not self._shown_memory:
            self._shown_memory = view.memory
            self.query_one(MemoryPane).show_figures(view)

    _shown_memory: object = None

    def _tell_the_end(self, folder: RunFolder) -> None:
        """A run has ended: show its last figures, and what went wrong if something did."""
        self._scan_runs()
        state = folder.state()
        failure = state.failure
        if state.status == "rejected" and failure is not None:
            self.notify(fence(failure.message), title="Options", severity="error", markup=False)
            self._runs.remove(folder)
            self.session.shown_runs = [n for n in self.session.shown_runs if n != folder.path.name]
            self._show_drawn()
            self._scan_runs()
            self._show_selected()
        elif state.status == "failed" and failure is not None:
            words = f"{failure.kind}: {failure.message}"
            self.editor.complain(words, failure.line)
            title = f"run {folder.title} failed (F4 goes to the line)"
            self.notify(fence(words), title=title, severity="error", markup=False)
        elif state.status == "died":
            words = f"the process of run {folder.title} is gone; its last words are in the log"
            self.notify(words, severity="error", markup=False)

    async def on_unmount(self) -> None:
        """End the evaluator; runs go on."""
        await self._repl.close()
