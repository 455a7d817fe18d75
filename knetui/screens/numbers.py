"""The numbers of a run that can be changed while it trains: rates, options, any single weight."""

from collections.abc import Callable
from typing import ClassVar

import msgspec
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, Label, Static

from knetengine.training.control import Watch
from knetui.fence import fence
from knetui.runs.steering import AssignmentError, assignment, live_numbers
from knetui.runs.view import RunView
from knetui.widgets.tick_box import TickBox

LOOK_SECONDS = 0.2
SHOWN_EVENTS = 3
STEERED = ("number", "number refused")

SPIKE = 3.0  # times the average of the last steps
PLATEAU = 5  # reports without a better loss
WATCHED = {
    "not_finite": (Watch(not_finite=True), "pause when a figure is no number"),
    "spike": (
        Watch(spike=SPIKE),
        f"pause when a step's loss is {SPIKE:g} times its mean",
    ),
    "plateau": (Watch(plateau=PLATEAU), f"pause after {PLATEAU} reports without a better loss"),
}

Put = Callable[[str, float], None]
SetWatch = Callable[[Watch], None]


class NumberInput(Input):
    """The value of one number; Enter has the run take it."""

    def __init__(self, number: str, value: float) -> None:
        super().__init__(f"{value:.6g}", select_on_focus=True, compact=True)
        self.number = number
        self.shown = value
        self.cursor_blink = False

    @property
    def is_edited(self) -> bool:
        """Whether it is not what the run has."""
        return self.value != f"{self.shown:.6g}"

    def show(self, value: float) -> None:
        """The run has another value, which is shown unless this one is being edited."""
        if not self.is_edited:
            self.value = f"{value:.6g}"
        self.shown = value


class Numbers(ModalScreen[None]):
    """A line for each number; Escape goes back.

    put: has the run take a number from its next step on.
    watch, set_watch: when it pauses by itself, and how that is changed.
    """

    CSS = """
    Numbers { align: center middle; }
    Numbers VerticalScroll {
        width: 62; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    Numbers Horizontal { height: 1; }
    Numbers Label { width: 24; }
    Numbers NumberInput { width: 1fr; }
    Numbers Checkbox { border: none; height: 1; padding: 0; background: $surface; }
    Numbers #entry { margin-top: 1; width: 1fr; }
    Numbers #said { margin-top: 1; color: $text-muted; min-height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Back to the workbench"),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Before", show=False),
    ]

    def __init__(self, run: RunView, put: Put, watch: Watch, set_watch: SetWatch) -> None:
        super().__init__()
        self._watch = watch
        self._set_watch = set_watch
        self._run = run
        self._put = put
        self._begun = len(run.events)

    def compose(self) -> ComposeResult:
        """The numbers on offer, a line for any other, and what the run said."""
        with VerticalScroll(can_focus=False) as page:
            page.border_title = Text(f"numbers of run {fence(self._run.folder.title)}").markup
            page.border_subtitle = "Enter: from the next step on; Escape: back"
            for name, value in live_numbers(self._run.folder).items():
                with Horizontal():
                    yield Label(Text(fence(name)))
                    yield NumberInput(name, value)
            entry = Input(placeholder="any entry: w['bias'][3] = 0.5", id="entry", compact=True)
            entry.cursor_blink = False
            yield entry
            for field, (_, words) in WATCHED.items():
                yield TickBox(words, bool(getattr(self._watch, field)), compact=True, id=field)
            yield Static(id="said")

    def on_mount(self) -> None:
        """Follow what the run says."""
        self.set_interval(LOOK_SECONDS, self._look)
        self._look()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        field = event.input
        words = f"{field.number}={event.value}" if isinstance(field, NumberInput) else event.value
        try:
            name, value = assignment(words)
        except AssignmentError as error:
            self.query_one("#said", Static).update(Text(fence(str(error)), "bold red"))
            return
        if isinstance(field, NumberInput):
            field.shown = value
            field.value = f"{value:.6g}"
        self._put(name, value)

    @on(Checkbox.Changed)
    def _watch_changed(self, event: Checkbox.Changed) -> None:
        event.stop()
        field = event.checkbox.id
        assert field is not None
        wanted = WATCHED[field][0] if event.value else Watch()
        self._watch = msgspec.structs.replace(self._watch, **{field: getattr(wanted, field)})
        self._set_watch(self._watch)

    def _look(self) -> None:
        current = live_numbers(self._run.folder)
        for field in self.query(NumberInput):
            if field.number in current:
                field.show(current[field.number])
        events = [event for event in self._run.events[self._begun :] if event.name in STEERED]
        if events:
            said = Text()
            for event in events[-SHOWN_EVENTS:]:
                style = "bold red" if event.name == "number refused" else ""
                said.append(f"{fence(event.text)}\n", style)
            self.query_one("#said", Static).update(said)
