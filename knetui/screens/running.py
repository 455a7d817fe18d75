"""What the workbench does with runs: start, steer, read and show them."""

import asyncio
import shlex
import time
from pathlib import Path

from textual import on, work

from knetengine.training.control import request
from knetengine.training.folder import UNFINISHED, RunError, RunFolder
from knetengine.training.launch import WORKBENCH_NICENESS, launch, resume, stop_now
from knetui.actions import Actions
from knetui.frame_meter import FrameMeter
from knetui.run_desk import RunDesk
from knetui.runs.view import RunView
from knetui.screens.frame import Frame, key
from knetui.session import Session, SessionFile
from knetui.widgets.curves import CurvesPane
from knetui.widgets.editor import EditorPane
from knetui.widgets.log import LogPane
from knetui.widgets.memory import MemoryPane
from knetui.widgets.runs import RunsPane
from knetui.widgets.samples import SamplesPane
from knetui.widgets.status import StatusLine

BEAT_SECONDS = 0.1
SHOW_BEATS = 2  # more repaints a second cost an SSH line, and nobody reads faster
SCAN_BEATS = 10
REST_SECONDS = 5.0  # without a key or the mouse; then the run gets the time:
REST_BEAT_SECONDS = 0.5  # all that is new is drawn in one frame, each one more cost 4 ms;
REST_SCAN_BEATS = 4  # and the table of runs (5 ms) and a clock that moves on by itself seldom
READ_BUDGET_SECONDS = 0.004  # a key waits for it
IDLE_BUDGET_SECONDS = 0.02  # while nobody types: a long run is there after 4 s, not 15
TYPING_SECONDS = 1.0
STATE_READS = 3  # how often to look how runs stand

RUN_KEYS = (
    key(
        "f5",
        "train",
        "Train",
        "Train the model with the options below it",
        "run.train",
        show=True,
    ),
    key(
        "f6", "pause", "Pause", "Let the run wait after its step, or go on", "run.pause", show=True
    ),
    key("f8", "stop", "Stop", "End the run after its step; again: at once", "run.stop", show=True),
)


class Running(Frame):
    """Keeps the runs that are looked at, and shows how they get on."""

    def __init__(
        self, session: Session, session_file: SessionFile, actions: Actions, meter: FrameMeter
    ) -> None:
        super().__init__(session, session_file, actions, meter)
        self._desk = RunDesk(session)
        self._drawn: list[RunView] = []
        self._stop_asked: set[int] = set()
        self._beats = self._reads = 0

    @property
    def editor(self) -> EditorPane:
        """The editor pane."""
        return self.query_one(EditorPane)

    def begin_to_read(self) -> None:
        """Show the runs that were looked at, and look at them again and again."""
        self._show_choice()
        self._beat()

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
        await self.begin_run(Path(document.path), document.text, options)

    async def begin_run(
        self, path: Path, source: str, options: list[str], working_folder: str = ""
    ) -> None:
        """Start a run and look at it, or say why there is none."""
        try:
            folder = await asyncio.to_thread(
                launch, path, source, options, WORKBENCH_NICENESS, working_folder
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
        """Let the selected run wait after its step, or go on; one that was stopped goes on, too."""
        view = self._desk.selected
        if view is not None and view.state.status in UNFINISHED:
            self._resume(view.folder)
            return
        if view is None or view.state.has_ended:
            words = f"no run to pause: {self.keys_of('run.train')} starts one"
            self.notify(words, severity="warning")
            return
        request(view.folder.control, "run" if view.state.status == "paused" else "pause")

    @work(group="launch")
    async def _resume(self, folder: RunFolder) -> None:
        try:
            await asyncio.to_thread(resume, folder)
        except (RunError, OSError) as problem:
            self.tell(str(problem))
            return
        self.notify(f"run {folder.title} goes on from its checkpoint", timeout=3, markup=False)
        self._stop_asked.discard(folder.description.number)
        self._desk.refresh(folder.path.name)
        self._desk.begin(folder)
        self._show_choice()

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

    @on(CurvesPane.SettingsChanged)
    def _curve_settings_changed(self) -> None:
        self.remember_soon()

    # the crosshair, the log and the samples go along with each other

    @on(CurvesPane.Inspected)
    def _inspected(self, event: CurvesPane.Inspected) -> None:
        selected = event.run is not None and event.run is self._desk.selected
        self.query_one(LogPane).show_place(event.log if selected else None)
        if selected:
            self.query_one(SamplesPane).show_epoch(event.epoch)

    @on(LogPane.Pointed)
    def _log_pointed(self, event: LogPane.Pointed) -> None:
        view = self._desk.selected
        if view is not None and view.timeline.offers("log"):
            self.query_one(CurvesPane).inspect(view, event.place, "log")

    @on(SamplesPane.Travelled)
    def _sample_chosen(self, event: SamplesPane.Travelled) -> None:
        view = self._desk.selected
        if view is not None:
            self.query_one(CurvesPane).inspect(view, event.epoch, "epoch")

    def _show_choice(self) -> None:
        """Other runs are looked at now than before."""
        self._draw_runs()
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
        if any(a is not b for a, b in zip(self._drawn, self._desk.drawn, strict=False)):
            self._draw_runs()  # one of them goes on from a checkpoint, and is read anew
        self.show_list()

    def show_list(self) -> None:
        """Show the runs that the filter lists."""
        curves = self.query_one(CurvesPane)
        colours = {
            name: colour
            for name in self.session.shown_runs
            if (summary := self._desk.summaries.get(name)) is not None
            and (colour := curves.colour_of(summary.number)) is not None
        }
        self.query_one(RunsPane).show_list(self._desk.listed(), colours)

    def _draw_runs(self) -> None:
        self._drawn = self._desk.drawn
        self.query_one(CurvesPane).show_runs(self._drawn, self._desk.selected)

    def _beat(self) -> None:
        """Read and show what is new; seldom and all at once while nobody touches anything."""
        rests = time.monotonic() - self._meter.last_input > REST_SECONDS
        seconds = REST_BEAT_SECONDS if rests else BEAT_SECONDS
        self._beats += 1
        is_farther = self._read_runs()
        if scans := self._beats % (REST_SCAN_BEATS if rests else SCAN_BEATS) == 0:
            self.scan_runs()
        if scans or (is_farther if rests else self._beats % SHOW_BEATS == 0):
            self._show_run()
        self.query_one(CurvesPane).redraw(seconds)
        self.set_timer(seconds, self._beat)

    def _read_runs(self) -> bool:
        """Read what runs have written since; whether one that is looked at is farther for it."""
        types = time.monotonic() - self._meter.last_input < TYPING_SECONDS
        self._reads += 1
        asks = self._reads % STATE_READS == 0
        budget = READ_BUDGET_SECONDS if types else IDLE_BUDGET_SECONDS
        news = self._desk.read(budget, asks=asks)
        self.query_one(CurvesPane).look()
        for view, text in news.warnings:
            self.tell(text, f"run {view.folder.title}")
        for view in news.ended:
            self._tell_the_end(view)
        return news.is_farther or bool(news.ended) or self.query_one(LogPane).lags()

    def _show_run(self) -> None:
        """Show how the selected run gets on."""
        view = self._desk.selected
        self.query_one(LogPane).show_run(view.folder if view else None)
        self.query_one(LogPane).read(ended=view is not None and view.state.has_ended)
        self.query_one(StatusLine).show_state(self.editor.document.path, view, self.timings())
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
                words, where = f"{failure.kind}: {failure.message}", ""
                if self.editor.complain_of_run(view.folder, failure):
                    where = f" ({self.keys_of('model.error')} goes to the line)"
                self.tell(words, f"run {title} failed{where}")
            case "died":
                words = "its process is gone; its last words are in the log"
                self.tell(words, f"run {title} died")
            case _:
                pass
