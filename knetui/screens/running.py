"""What the workbench does with runs: start, steer, read and show them."""

import asyncio
import shlex
from pathlib import Path

from textual import on, work

from knetengine.training.control import request
from knetengine.training.folder import RunError, RunFolder
from knetengine.training.launch import WORKBENCH_NICENESS, launch, stop_now
from knetui.actions import Actions
from knetui.run_desk import RunDesk
from knetui.run_view import RunView
from knetui.screens.frame import Frame, key
from knetui.session import Session, SessionFile
from knetui.widgets.curves import CurvesPane
from knetui.widgets.editor import EditorPane
from knetui.widgets.log import LogPane
from knetui.widgets.memory import MemoryPane
from knetui.widgets.runs import RunsPane
from knetui.widgets.status import StatusLine

READ_SECONDS = 0.1
READ_BUDGET_SECONDS = 0.006  # a key waits for it
SHOW_SECONDS = 0.2  # more repaints a second cost an SSH line, and nobody reads faster
SCAN_SECONDS = 1.0

RUN_KEYS = (
    key(
        "f5",
        "train",
        "Train",
        "Train the model with the options below it",
        "run.train",
        show=True,
        at_once=False,
    ),
    key("f6", "pause", "Pause", "Let the run wait after its step, or on", "run.pause", show=True),
    key("f8", "stop", "Stop", "End the run after its step; again: at once", "run.stop", show=True),
)


class Running(Frame):
    """Keeps the runs that are looked at, and shows how they get on."""

    def __init__(self, session: Session, session_file: SessionFile, actions: Actions) -> None:
        super().__init__(session, session_file, actions)
        self._desk = RunDesk(session)
        self._stop_asked: set[int] = set()

    @property
    def editor(self) -> EditorPane:
        """The editor pane."""
        return self.query_one(EditorPane)

    def begin_to_read(self) -> None:
        """Show the runs that were looked at, and look at them again and again."""
        self._show_choice()
        self.set_interval(READ_SECONDS, self._read_runs)
        self.set_interval(SHOW_SECONDS, self._show_run)
        self.set_interval(SCAN_SECONDS, self.scan_runs)

    # start and steer

    @work(group="launch")
    async def action_train(self) -> None:
        """Start a run of the text as it is, with the options below it."""
        document = self.editor.document
        error = self.editor.syntax_error()
        if error is not None:
            self.editor.complain(error.msg, error.lineno)
            self.editor.go_to_error()
            words = f"line {error.lineno}: {error.msg}"
            self.tell(words, "This is not Python yet")
            return
        try:
            options = shlex.split(self.editor.options)
        except ValueError as problem:
            self.tell(str(problem), "Options")
            return
        self.editor.clear_complaint()
        try:
            folder = await asyncio.to_thread(
                launch, Path(document.path), document.text, options, WORKBENCH_NICENESS
            )
        except (RunError, OSError) as problem:
            self.tell(str(problem))
            return
        self._desk.begin(folder)
        self.begun(folder)
        self._show_choice()
        if self.shows_one and self.session.pane in ("editor", "repl"):
            curves = f"{self.keys_of('view.go_to')} 3"
            words = f"it trains; {curves} shows its curves, {self.keys_of('view.next')} the next"
            self.notify(words, timeout=4)

    def begun(self, folder: RunFolder) -> None:
        """A run was started here; for those who have something to ask of it."""

    def action_pause(self) -> None:
        """Let the selected run wait after its step, or go on."""
        view = self._desk.selected
        if view is None or view.state.has_ended:
            words = f"no run to pause: {self.keys_of('run.train')} starts one"
            self.notify(words, severity="warning")
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

    # which are looked at

    def look_at(self, name: str) -> None:
        """Select a run and draw its curves."""
        self._desk.select(name)
        self._desk.draw(name)
        self._show_choice()

    @on(RunsPane.Selected)
    def _run_selected(self, event: RunsPane.Selected) -> None:
        self._desk.select(event.name)
        self._show_choice()

    @on(RunsPane.Toggled)
    def _run_toggled(self, event: RunsPane.Toggled) -> None:
        self._desk.toggle(event.name)
        self._show_choice()

    @on(CurvesPane.LogarithmToggled)
    def _logarithm_toggled(self, event: CurvesPane.LogarithmToggled) -> None:
        self.session.logarithmic = event.logarithmic
        self.remember_soon()

    def _show_choice(self) -> None:
        """Other runs are looked at now than before."""
        self.query_one(CurvesPane).show_runs(self._desk.drawn)
        view = self._desk.selected
        self.query_one(LogPane).show_run(view.folder if view else None)
        self.query_one(MemoryPane).show_figures(view)
        self.scan_runs()
        self.query_one(RunsPane).move_to(self.session.selected_run)
        self._read_runs()
        self._show_run()
        self.remember_soon()

    # read and show

    def scan_runs(self) -> None:
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
            self.tell(text, f"run {view.folder.title}")
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
        self.scan_runs()
        failure = view.state.failure
        title = view.folder.title
        match view.state.status:
            case "rejected" if failure is not None:
                self.tell(failure.message, "Options")
                self._desk.discard(view)
                self._show_choice()
            case "failed" if failure is not None:
                words = f"{failure.kind}: {failure.message}"
                self.editor.complain_of_run(view.folder, failure)
                keys = self.keys_of("model.error")
                self.tell(words, f"run {title} failed ({keys} goes to the line)")
            case "died":
                words = "its process is gone; its last words are in the log"
                self.tell(words, f"run {title} died")
            case _:
                pass
