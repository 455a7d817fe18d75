"""Start a run from a checkpoint of another: which, and what is to be different."""

from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, OptionList, Static
from textual.widgets.option_list import Option

from knetui.fence import fence
from knetui.runs.steering import AssignmentError, assignment, live_numbers
from knetui.runs.view import RunView
from knetui.widgets.tick_box import TickBox

WORDS = """\
The run stays as it is; a new one goes on from a checkpoint of it, and both are drawn. \
What is to be different? For instance {example}; nothing is a choice too: it wakes."""

LATE = 0.9  # of a run's time: little can become of a branch that begins later


class Change(NamedTuple):
    """What was chosen."""

    checkpoint: str
    numbers: dict[str, float]
    takes_text: bool
    paused: bool


class Branch(ModalScreen[Change | None]):
    """The checkpoints, the newest first, and a line for what is to change."""

    CSS = """
    Branch { align: center middle; }
    Branch Vertical {
        width: 66; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    Branch Static { height: auto; color: $text-muted; }
    Branch OptionList { height: auto; max-height: 8; border: none; padding: 0; margin: 1 0; }
    Branch.-short #words { display: none; }
    Branch.-short OptionList { max-height: 3; margin: 0; }
    Branch #said { color: $text-error; }
    Branch Checkbox { border: none; height: 1; padding: 0; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Start nothing"),
        Binding("ctrl+enter,ctrl+j,f5", "begin", "Begin", tooltip="Start the new run"),
    ]

    def __init__(self, run: RunView, names: list[str], *, can_take_text: bool) -> None:
        super().__init__()
        self._run = run
        self._names = names[::-1]
        self._can_take_text = can_take_text

    def compose(self) -> ComposeResult:
        """The list between the words and the line."""
        numbers = live_numbers(self._run.folder)
        rates = [name for name in numbers if name.endswith("lr")] or list(numbers)
        example = f"{rates[0]}={numbers[rates[0]] / 2:.3g}" if rates else "lr=0.05"
        times = self._times()
        with Vertical() as page:
            page.border_title = Text(f"branch of run {fence(self._run.folder.title)}").markup
            page.border_subtitle = "Enter or F5 begins; Escape: back"
            yield Static(WORDS.format(example=example), id="words", markup=False)
            yield OptionList(
                *(Option(_line(name, times.get(name)), name) for name in self._names), markup=False
            )
            line = Input(placeholder=f"{example}  (several: with spaces)", compact=True)
            line.cursor_blink = False
            yield line
            text = TickBox("go on with the text in the editor", compact=True, id="text")
            text.display = self._can_take_text
            yield text
            yield TickBox("wait there, to be looked at", compact=True, id="paused")
            yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        """Offer the newest; of a finished run the newest that leaves some of it to go."""
        choices = self.query_one(OptionList)
        choices.highlighted = 0
        if self._run.state.status == "finished":
            times = self._times()
            late = LATE * max(times.values(), default=0.0)
            early = (i for i, name in enumerate(self._names) if times.get(name, 0.0) <= late)
            choices.highlighted = next(early, 0)
        self.query_one(Input).focus()

    def _times(self) -> dict[str, float]:
        """When each checkpoint was kept, in seconds of the run."""
        return {event.text: event.time for event in self._run.events if event.name == "checkpoint"}

    def on_resize(self) -> None:
        """In a few rows the line goes before the words."""
        self.set_class(self.app.size.height < 16, "-short")

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def action_begin(self) -> None:
        """Give what was chosen."""
        choices = self.query_one(OptionList)
        try:
            words = self.query_one(Input).value.replace(" =", "=").replace("= ", "=").split()
            numbers = dict(assignment(word) for word in words)
        except AssignmentError as error:
            self.query_one("#said", Static).update(Text(fence(str(error))))
            return
        self.dismiss(
            Change(
                self._names[choices.highlighted or 0],
                numbers,
                self.query_one("#text", Checkbox).value and self._can_take_text,
                self.query_one("#paused", Checkbox).value,
            )
        )


def _line(name: str, time: float | None) -> Text:
    step = int(name.removeprefix("step-").removesuffix(".safetensors"))
    return Text(f"step {step:<10,}" + (f" after {time:,.1f} s" if time is not None else ""))
