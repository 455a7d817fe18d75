"""The samples pane: what the model writes while it trains, and how the text learned to spell."""

from typing import Any, ClassVar

import msgspec
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Click
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from knetengine.training.control import Sampling
from knetui.fence import fence
from knetui.runs.samples import Sample, tune_count
from knetui.runs.view import RunView
from knetui.shades import by_chance, by_unit
from knetui.widgets.pane import Pane

NOTHING = (
    "A model that names how it writes, run.writes(write), writes here while it trains: "
    "charlm, music and attention do"
)
WAITING = "its first piece comes after its first step"
ASK_SECONDS = 0.3  # after the last of several keys
COLOURS = ("chance", "unit", "none")
LENGTHS = (50, 100, 200, 500, 1000, 2000)
TEMPERATURES = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0)


def _key(key: str, action: str, name: str, meaning: str, *, show: bool = True) -> Binding:
    word = name.lower().replace(" ", "-")
    return Binding(key, action, name, tooltip=meaning, show=show, id=f"samples.{word}")


class TimeLine(Static):
    """Where among the pieces the one that is shown is; a click goes to another."""

    DEFAULT_CSS = "TimeLine { height: 1; color: $text-muted; }"

    class Chosen(Message):
        """The piece at this share of the line is to be shown."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    def show_place(self, place: int, count: int) -> None:
        """Show the place among so many."""
        width = max(self.size.width, 3)
        at = 0 if count < 2 else round(place * (width - 1) / (count - 1))
        line = Text("─" * at, no_wrap=True)
        line.append("●", "bold")
        self.update(line.append("─" * (width - at - 1)), layout=False)

    def on_click(self, event: Click) -> None:
        """Go there."""
        self.post_message(self.Chosen(event.x / max(1, self.size.width - 1)))


class SampleText(VerticalScroll, can_focus=True, inherit_bindings=False):
    """The text of a piece; the keys to the sides go through time instead of scrolling."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", "Up", show=False),
        Binding("down", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
    ]


class SamplesPane(Pane):
    """Shows a piece of the selected run, the newest unless another was chosen."""

    DEFAULT_CSS = """
    SamplesPane {
        SampleText { height: 1fr; background: transparent; }
        .how { height: auto; max-height: 2; color: $text-muted; }
        Input {
            border: none; height: 1; padding: 0; background: $surface;
            &:focus { border: none; }
        }
    }
    """
    title = "samples"
    entry = "SampleText"
    explanation = """
        What the model writes while it trains, every ten seconds or when asked, always with the
        same seed: so pieces differ by what was learned between them. Left and Right go through
        the training and show how the text learned to spell. Blue characters are those that the
        model was sure of, orange ones surprised it; or the ground shows what one hidden unit
        thought of each.
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("enter", "ask", "Write", "Have the run write a piece now"),
        _key("left", "earlier", "Earlier", "Show the piece before"),
        _key("right", "later", "Later", "Show the piece after"),
        _key("home", "first", "First", "Show the first piece", show=False),
        _key("end", "newest", "Newest", "Show the newest piece, and follow"),
        _key("p", "prompt", "Prompt", "Say how the text is to begin"),
        _key("c", "colour", "Colours", "Colour by chance, by hidden unit, or not"),
        _key("t", "temperature(-1)", "Colder", "Draw likelier characters", show=False),
        _key("T", "temperature(1)", "Warmer", "Draw less likely characters", show=False),
        _key("k", "top_k(-1)", "Fewer", "Draw among fewer of the likeliest", show=False),
        _key("K", "top_k(1)", "More", "Draw among more of the likeliest", show=False),
        _key("u", "unit(1)", "Next unit", "Watch the next hidden unit", show=False),
        _key("U", "unit(-1)", "Unit before", "Watch the hidden unit before", show=False),
        _key("n", "seed", "New dice", "Draw other numbers", show=False),
        _key("l", "length(1)", "Longer", "Write longer pieces", show=False),
        _key("L", "length(-1)", "Shorter", "Write shorter pieces", show=False),
    ]

    class Asked(Message):
        """The selected run is to write so from now on, and a piece at once."""

        def __init__(self, sampling: Sampling) -> None:
            super().__init__()
            self.sampling = sampling

    class Travelled(Message):
        """A piece was looked for in time, and found at this epoch."""

        def __init__(self, epoch: float) -> None:
            super().__init__()
            self.epoch = epoch

    def __init__(self, number: int, **settings: Any) -> None:
        super().__init__(number, **settings)
        self._run: RunView | None = None
        self._place: int | None = None  # None follows the newest
        self._colour = COLOURS[0]
        self._wanted = Sampling()
        self._ask_timer: Timer | None = None
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The text between the line of its time and that of the prompt."""
        yield Static(classes="how")
        yield TimeLine()
        with SampleText():
            yield Static(classes="text")
        prompt = Input(
            placeholder="p: how the text is to begin; Enter writes", select_on_focus=False
        )
        prompt.cursor_blink = False
        yield prompt

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._show())

    def show_run(self, run: RunView | None) -> None:
        """Show what a run has written."""
        if run is not self._run:
            self._run, self._place = run, None
            if run is not None and run.samples.pieces:
                self._wanted = run.samples.pieces[-1].sampling
        self._show()

    @property
    def sample(self) -> Sample | None:
        """The piece that is shown."""
        pieces = self._run.samples.pieces if self._run else []
        if not pieces:
            return None
        return pieces[-1 if self._place is None else min(self._place, len(pieces) - 1)]

    def show_epoch(self, epoch: float) -> None:
        """Show the last piece written up to an epoch, as the curves' crosshair asks."""
        pieces = self._run.samples.pieces if self._run else []
        before = [i for i, piece in enumerate(pieces) if piece.epoch <= epoch]
        if pieces:
            self._go(before[-1] if before else 0)

    def action_earlier(self) -> None:
        """Show the piece before."""
        count = len(self._run.samples.pieces) if self._run else 0
        self._travel((count - 1 if self._place is None else self._place) - 1)

    def action_later(self) -> None:
        """Show the piece after."""
        if self._place is not None:
            self._travel(self._place + 1)

    def action_first(self) -> None:
        """Show the first piece."""
        self._travel(0)

    def action_newest(self) -> None:
        """Show the newest piece, and those that come."""
        self._place = None
        self._show()

    def action_ask(self) -> None:
        """Have the run write a piece now."""
        self._ask(0.0)

    def action_prompt(self) -> None:
        """Go to the line of the prompt."""
        self.screen.set_focus(self.query_one(Input))

    def action_colour(self) -> None:
        """Colour the text by something else."""
        self._colour = COLOURS[(COLOURS.index(self._colour) + 1) % len(COLOURS)]
        self._show()

    def action_seed(self) -> None:
        """Draw other numbers."""
        self._change(seed=self._wanted.seed + 1)

    def action_temperature(self, step: int) -> None:
        """Draw likelier characters, or less likely ones."""
        self._change(temperature=_next(TEMPERATURES, self._wanted.temperature, step))

    def action_top_k(self, step: int) -> None:
        """Draw among more or fewer of the likeliest; 0 is all."""
        self._change(top_k=max(0, self._wanted.top_k + step))

    def action_length(self, step: int) -> None:
        """Write longer or shorter pieces."""
        self._change(length=_next(LENGTHS, self._wanted.length, step))

    def action_unit(self, step: int) -> None:
        """Watch another hidden unit."""
        sample = self.sample
        count = sample.hidden if sample is not None else 0
        if count:
            self._colour = "unit"
            self._change(unit=(self._wanted.unit + step) % count)

    @on(Input.Submitted)
    def _prompt_given(self, event: Input.Submitted) -> None:
        event.stop()
        self._wanted = msgspec.structs.replace(self._wanted, prompt=event.value)
        self.query_one(SampleText).focus()
        self._ask(0.0)

    @on(TimeLine.Chosen)
    def _time_chosen(self, event: TimeLine.Chosen) -> None:
        event.stop()
        count = len(self._run.samples.pieces) if self._run else 0
        self._travel(round(event.share * (count - 1)))

    def _change(self, **fields: Any) -> None:
        """Write otherwise from now on, and a piece a moment after the last change."""
        self._wanted = msgspec.structs.replace(self._wanted, **fields)
        self._show()
        self._ask(ASK_SECONDS)

    def _ask(self, delay: float) -> None:
        if self._ask_timer is not None:
            self._ask_timer.stop()
        self._ask_timer = self.set_timer(delay, self._post_wish) if delay else None
        if not delay:
            self._post_wish()

    def _post_wish(self) -> None:
        self._place = None
        if self._run is not None:
            self.post_message(self.Asked(self._wanted))

    def _travel(self, place: int) -> None:
        self._go(place)
        if self.sample is not None:
            self.post_message(self.Travelled(self.sample.epoch))

    def _go(self, place: int) -> None:
        count = len(self._run.samples.pieces) if self._run else 0
        if count:
            self._place = None if place >= count - 1 else max(0, place)
        self._show()

    def _show(self) -> None:
        """Show the piece, unless all of it is shown already."""
        sample, run = self.sample, self._run
        count = len(run.samples.pieces) if run else 0
        state = (
            run,
            sample,
            len(sample.text) if sample else 0,
            sample.is_done if sample else False,
            count,
            self._place,
            self._colour,
            self._wanted,
            self.app.theme,
            self.size.width,
        )
        if state == self._shown:
            return
        self._shown = state
        when = f": epoch {sample.epoch:,}, step {sample.step:,}" if sample else ""
        self.show_title(f"{self.title}{when}")
        self.query_one(".how", Static).update(self._how(sample))
        place = count - 1 if self._place is None else self._place
        self.query_one(TimeLine).show_place(place, count)
        self.query_one(".text", Static).update(self._text(sample))
        self.show_subtitle(self._verdict(sample))

    def _how(self, sample: Sample | None) -> Text:
        """How the piece was drawn; what is wanted of the next, where that differs."""
        line = Text()
        wanted, had = self._wanted, sample.sampling if sample else self._wanted
        for name, old, new in (
            ("temperature", had.temperature, wanted.temperature),
            ("top-k", had.top_k or "all", wanted.top_k or "all"),
            ("length", had.length, wanted.length),
            ("seed", had.seed, wanted.seed),
        ):
            line.append(f"{name} {old}" if old == new else f"{name} {old} > {new}")
            line.append("  ")
        if self._colour == "unit" and sample is not None and sample.hidden:
            line.append(f"unit {wanted.unit} of {sample.hidden}")
        return line

    def _text(self, sample: Sample | None) -> Text:
        if self._run is None or sample is None:
            begun = self._run is not None and not self._run.state.has_ended
            return Text(f"{NOTHING}; {WAITING}" if begun else NOTHING, "dim")
        text, dark = _drawable(sample.text), self.app.current_theme.dark
        if self._colour == "chance":
            shown = by_chance(text, sample.chances, dark=dark)
        elif self._colour == "unit" and sample.units:
            shown = by_unit(text, sample.units, dark=dark)
        else:
            shown = Text(text)
        if sample.error:
            shown.append(f"\n{fence(sample.error)}", "bold red")
        elif not sample.is_done:
            shown.append("▌", "blink")
        return shown

    def _verdict(self, sample: Sample | None) -> str:
        if sample is None:
            return ""
        surprise = sample.surprise()
        words = [tune_count(sample.text)]
        if surprise is not None:
            words.append(f"{surprise:.2f} nats a character")
        return "; ".join(word for word in words if word)


def _drawable(text: str) -> str:
    """The text with as many characters, none of which does anything to a terminal."""
    return "".join(c if c == "\n" or fence(c) == c else "\N{SYMBOL FOR SUBSTITUTE}" for c in text)


def _next(choices: tuple[Any, ...], now: float, step: int) -> Any:
    """The choice after or before the one that is nearest to what there is now."""
    nearest = min(range(len(choices)), key=lambda i: abs(choices[i] - now))
    return choices[max(0, min(len(choices) - 1, nearest + step))]
