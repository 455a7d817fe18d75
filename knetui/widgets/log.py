"""The log pane: what a run printed, and what it prints."""

from typing import Any

from textual.app import ComposeResult
from textual.widgets import Log

from knetengine.training.folder import RunFolder
from knetui.fence import fence
from knetui.run_view import LogView
from knetui.widgets.pane import Pane

KEPT_LINES = 10_000


class LogPane(Pane):
    """The log of the selected run; it stays where it was scrolled to, and follows at the end."""

    DEFAULT_CSS = """
    LogPane Log { background: transparent; scrollbar-size-horizontal: 0; }
    """
    title = "log"
    entry = "Log"
    explanation = """
        What the selected run printed, to its last line. It follows the run while it is scrolled
        to its end, and stays where it is while you read further up. The error of a run that
        failed is here with its traceback.
    """

    def __init__(self, number: int, **settings: Any) -> None:
        super().__init__(number, **settings)
        self._view: LogView | None = None
        self._follows = True

    def compose(self) -> ComposeResult:
        """The lines."""
        yield Log(max_lines=KEPT_LINES)

    def show_run(self, folder: RunFolder | None) -> None:
        """Show another run's log, from as far back as is kept."""
        if self._view is not None and folder is not None and self._view.path == folder.log:
            return
        self.query_one(Log).clear()
        self._follows = True
        self._view = LogView(folder) if folder else None

    def read(self, *, ended: bool) -> None:
        """Add what the run has printed since; written in one call, which costs 0.6 us a line."""
        if self._view is None or not (lines := self._view.read(ended=ended)):
            return
        log = self.query_one(Log)
        if log.size:  # what is hidden cannot have been scrolled
            self._follows = log.is_vertical_scroll_end
        # an empty line is a blank: Textual would leave it out
        log.write_lines([fence(line) or " " for line in lines], scroll_end=False)
        self._go_to_end()

    def on_resize(self) -> None:
        """Stay at the end; a log that is shown again may have grown while it was hidden."""
        self._go_to_end()

    def _go_to_end(self) -> None:
        if self._follows:  # only when the lines are laid out is it known where their end is
            log = self.query_one(Log)
            self.call_after_refresh(log.scroll_end, animate=False, x_axis=False)
