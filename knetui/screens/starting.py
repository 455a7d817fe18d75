"""What the workbench does to start runs with options from a form, and to start one again."""

import asyncio
from pathlib import Path

from textual import on, work

from knetengine.training.folder import RunError, RunFolder
from knetengine.training.launch import stop
from knetui.runs.option_form import read_options
from knetui.runs.option_line import OptionLine
from knetui.screens.frame import key
from knetui.screens.listing import Listing
from knetui.screens.option_form import Filled, OptionForm
from knetui.widgets.runs import RunsPane

STOP_SECONDS = 30.0  # a step may take long; then it is said, and both runs go on
START_KEYS = (
    key("alt+o", "form", "Form", "The options of the next run as a form", "run.form"),
    key("alt+r", "restart", "Restart", "A new run like this, other options", "run.restart"),
)


class Starting(Listing):
    """Starts runs with options from a form."""

    def action_form(self) -> None:
        """Show the options of the text as it is, to fill in; they are those of the line below."""
        document = self.editor.document
        try:
            line = OptionLine.of(read_options(document.text), self.editor.options)
        except SyntaxError as error:
            self.editor.complain(error.msg, error.lineno)
            self.tell(f"line {error.lineno}: {error.msg}", "This is not Python yet")
            return
        except ValueError as problem:
            self.tell(f"{problem} in {self.editor.options}", "Options")
            return

        def take(filled: Filled | None) -> None:
            if filled is not None:
                self.editor.set_options(filled.line.line())
                if filled.begin:
                    self.action_train()

        self.app.push_screen(OptionForm(f"options of {Path(document.path).name}", line), take)

    def action_restart(self) -> None:
        """Start a run like the one that is looked at."""
        view = self._desk.selected
        if view is None:
            self.notify("there is no run to start again", severity="warning", timeout=3)
            return
        self.restart(view.folder)

    @on(RunsPane.Asked)
    def _restart_asked(self, event: RunsPane.Asked) -> None:
        folder = self._desk.folder(event.name)
        if event.what == "restart" and folder is not None:
            self.restart(folder)

    def restart(self, folder: RunFolder) -> None:
        """Show the options that a run has, and start one with them as they are then."""
        try:
            text = folder.source.read_text(encoding="utf-8")
            line = OptionLine(read_options(text), folder.description.options)
            goes_on = not folder.state().has_ended
        except (RunError, OSError, SyntaxError, UnicodeDecodeError) as error:
            self.tell(f"run {folder.title} cannot be started again: {error}")
            return
        checks = {"stop": (f"stop run {folder.title} first", True)} if goes_on else {}
        is_open = folder.source_path == Path(self.editor.document.path).resolve()
        if is_open and self.editor.document.text != text:
            checks["text"] = ("with the text that is in the editor, not that of the run", False)

        def take(filled: Filled | None) -> None:
            if filled is not None and filled.begin:
                self._start_again(folder, text, filled)

        self.app.push_screen(OptionForm(f"run {folder.title} again", line, checks), take)

    @work(group="launch")
    async def _start_again(self, folder: RunFolder, text: str, filled: Filled) -> None:
        if "stop" in filled.checks:
            state = await asyncio.to_thread(stop, folder, STOP_SECONDS)
            if not state.has_ended:
                words = f"run {folder.title} is still in a step; it stops after it"
                self.notify(words, severity="warning", markup=False)
        if "text" in filled.checks:
            text = self.editor.document.text
        where = folder.description.working_folder
        await self.begin_run(folder.source_path, text, filled.line.words(), where)
