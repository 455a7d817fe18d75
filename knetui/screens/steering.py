"""What the workbench asks of a run that goes on: steps, other numbers and code, branches, text."""

import asyncio
from pathlib import Path

import msgspec
from textual import on, work

from knetengine.training.branching import branch, branch_points
from knetengine.training.checkpoint_header import CheckpointError
from knetengine.training.control import Sampling, Watch, change, read_control
from knetengine.training.folder import RunError, RunFolder
from knetengine.training.metrics import Event
from knetengine.training.swapping import ACCEPTED, REJECTED, outcome, request_swap, source_of
from knetui.runs.steering import put_numbers, take_step
from knetui.runs.view import RunView
from knetui.screens.branch import Branch, Change
from knetui.screens.frame import key
from knetui.screens.numbers import Numbers
from knetui.screens.running import Running
from knetui.widgets.memory import MemoryPane
from knetui.widgets.samples import SamplesPane

STEER_KEYS = (
    key("f7", "step", "Step", "Take one step, and wait", "run.step", show=True),
    key("alt+n", "numbers", "Numbers", "Change rates and weights while it trains", "run.numbers"),
    key("ctrl+b", "branch", "Branch", "A new run from a checkpoint of this", "run.branch"),
)
TOLD = {  # events that are told as they come, and how
    ACCEPTED: "information",
    REJECTED: "error",
    "pausing": "warning",
    "number refused": "error",
}


class Steering(Running):
    """Steers the run that is looked at, and tells what it makes of that."""

    # words for the run

    def living(self) -> RunView | None:
        """The run that is looked at, if it has not ended; otherwise say so."""
        view = self._desk.selected
        if view is not None and not view.state.has_ended:
            return view
        words = f"no run goes on: {self.keys_of('run.train')} starts one"
        self.notify(words, severity="warning")
        return None

    def action_step(self) -> None:
        """Have the run take one step and wait."""
        view = self.living()
        if view is not None:
            take_step(view.folder)

    def action_numbers(self) -> None:
        """Show the numbers of the run, to change them."""
        view = self.living()
        if view is None:
            return
        folder = view.folder

        def put(name: str, value: float) -> None:
            put_numbers(folder, {name: value})

        def watch(wanted: Watch) -> None:
            self.session.watch = wanted
            self.remember_soon()
            change(folder.control, watch=wanted)

        self.app.push_screen(Numbers(view, put, read_control(folder.control).watch, watch))

    @on(MemoryPane.Opened)
    def _pool_to_be_shown(self) -> None:
        from knetui.screens.memory import MemoryScreen  # late: it shares keys with this screen

        view = self._desk.selected
        if view is None:
            self.notify(f"no run to look at: {self.keys_of('run.train')} starts one")
            return
        self.app.push_screen(MemoryScreen(view, self._actions))

    def swap_if_running(self, path: Path, text: str) -> None:
        """The file of the run that is looked at was saved: let the run have it."""
        view = self._desk.selected
        if (
            view is None
            or view.state.has_ended
            or view.description.source_path != str(path.resolve())
        ):
            return
        try:
            if text != view.folder.source.read_text(encoding="utf-8"):
                request_swap(view.folder, text)
                words = f"run {view.folder.title} tries it in its next step"
                self.notify(words, timeout=2, markup=False)
        except OSError as error:
            self.tell(f"run {view.folder.title} cannot be given the new text: {error}")

    @on(SamplesPane.Asked)
    def _text_asked_for(self, event: SamplesPane.Asked) -> None:
        view = self._desk.selected
        if view is None:
            return
        if view.state.has_ended:
            words = (
                f"run {view.folder.title} has ended; {self.keys_of('run.branch')} wakes it "
                "from its last checkpoint, to be asked"
            )
            self.notify(words, timeout=6, markup=False)
            return
        asked = read_control(view.folder.control).sampling.asked + 1
        wanted: Sampling = msgspec.structs.replace(event.sampling, asked=asked)
        change(view.folder.control, sampling=wanted)

    # branches

    def action_branch(self) -> None:
        """Offer the checkpoints of the run, and what may be changed."""
        view = self._desk.selected
        if view is None:
            self.notify("no run to branch from", severity="warning")
            return
        names = branch_points(view.folder)
        if not names:
            self.notify("it has no checkpoint yet, or its model keeps nothing: run.keep(w=w)")
            return
        is_open = view.folder.source_path == Path(self.editor.document.path).resolve()

        def begin(wanted: Change | None) -> None:
            if wanted is not None:
                self._begin_branch(view, wanted)

        self.app.push_screen(Branch(view, names, can_take_text=is_open), begin)

    @work(group="launch")
    async def _begin_branch(self, view: RunView, wanted: Change) -> None:
        text = self.editor.document.text if wanted.takes_text else None
        try:
            folder: RunFolder = await asyncio.to_thread(
                branch,
                view.folder,
                wanted.checkpoint,
                source=text,
                numbers=wanted.numbers,
                paused=wanted.paused,
            )
        except (RunError, CheckpointError, OSError) as error:
            self.tell(str(error))
            return
        self._desk.begin(folder)
        self._desk.draw(view.folder.path.name)  # both on one chart
        self._desk.draw(folder.path.name)
        self._show_choice()

    # what the run says

    def begun(self, folder: RunFolder) -> None:
        """A run was started here: it pauses when the user wants such runs to."""
        if self.session.watch != Watch():
            change(folder.control, watch=self.session.watch)

    def _read_runs(self) -> bool:
        is_farther = super()._read_runs()
        for view in self._desk.drawn:
            self._tell_events(view)
        view = self._desk.selected
        return is_farther | (view is not None and view.samples.read())

    def _tell_events(self, view: RunView) -> None:
        news, view.news = view.news, []
        for event in news:
            self._tell_event(view, event)

    def _tell_event(self, view: RunView, event: Event) -> None:
        if event.name not in TOLD:
            return
        title = f"run {view.folder.title}"
        if event.name == REJECTED:
            self._complain_of_swap(view.folder, int(event.text.partition(":")[0]))
        if TOLD[event.name] == "error":
            self.tell(event.text, f"{title}: {event.name}")
            return
        words = {ACCEPTED: f"new code: {event.text.partition(': ')[2]}"}.get(event.name, event.text)
        severity = "warning" if TOLD[event.name] == "warning" else "information"
        self.notify(words, title=title, severity=severity, timeout=4, markup=False)

    def _complain_of_swap(self, folder: RunFolder, number: int) -> None:
        """Show why new code was not taken, at the line that failed."""
        settled = outcome(folder, number)
        if settled is not None and settled.failure is not None:
            self.editor.complain_of_run(folder, settled.failure, source_of(folder, number))

    def _show_run(self) -> None:
        super()._show_run()
        view = self._desk.selected
        has_text = view is not None and bool(view.samples.pieces)
        self.show_or_leave_out("samples", present=has_text)
        self.query_one(SamplesPane).show_run(view)
