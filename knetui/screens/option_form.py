"""The options of a model's main as a form: a field each, checked as they are typed."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Label, Select, Static

from knetui.fence import fence
from knetui.runs.option_form import Option
from knetui.runs.option_line import OptionLine
from knetui.widgets.tick_box import TickBox

SHORT_ROWS = 16
TRUE, FALSE = "true", "false"
YES_NO = ("no", "yes")  # beside the box


class Filled(NamedTuple):
    """The form as it was left.

    begin: whether a run is to start, rather than only the line to be kept.
    checks: what was ticked besides the options.
    """

    line: OptionLine
    begin: bool
    checks: frozenset[str]


class ChoiceField(Select[str], inherit_bindings=False):
    """A menu that leaves the arrow keys to the form."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "show_overlay", "Choose", show=False)
    ]


class Fields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls, and leaves the arrow keys to the form."""


class OptionForm(ModalScreen[Filled]):
    """A line for each option; F5 starts a run, Escape goes back; either gives what was typed.

    checks: boxes below the options, by name: their words, and whether they are ticked.
    """

    CSS = """
    OptionForm { align: center middle; }
    OptionForm #page {
        width: 72; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    OptionForm Fields { height: auto; scrollbar-size-vertical: 1; }
    OptionForm Horizontal { height: 1; }
    OptionForm Label { width: 20; text-wrap: nowrap; text-overflow: ellipsis; }
    OptionForm Input { width: 1fr; }
    OptionForm ChoiceField { width: 1fr; height: 1; }
    OptionForm Checkbox { width: 1fr; border: none; height: 1; padding: 0; background: $surface; }
    OptionForm .changed { color: $accent; text-style: bold; }
    OptionForm .wrong { color: $text-error; text-style: bold; }
    OptionForm #said { height: 2; color: $text-muted; margin-top: 1; }
    OptionForm #said.wrong { color: $text-error; }
    OptionForm #line { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    OptionForm.-short #line { display: none; }
    OptionForm.-short #said { margin-top: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="Back, without a run"),
        Binding("f5,ctrl+j,ctrl+enter", "begin", "Train", tooltip="Start a run"),
        Binding("down,tab", "step(1)", "Next", show=False),
        Binding("up,shift+tab", "step(-1)", "Before", show=False),
        Binding("ctrl+r", "reset", "Default", tooltip="Give this option its default again"),
    ]

    def __init__(
        self, title: str, line: OptionLine, checks: Mapping[str, tuple[str, bool]] | None = None
    ) -> None:
        super().__init__()
        self._title = title
        self._line = line
        self._checks = checks or {}
        self._complaints: dict[str, str] = {}

    @property
    def _options(self) -> dict[str, Option]:
        return self._line.options

    def compose(self) -> ComposeResult:
        """The fields above what is said of the one with the keyboard."""
        with Vertical(id="page") as page:
            page.border_title = Text(fence(self._title)).markup
            page.border_subtitle = "F5 trains · Ctrl-R: default · Escape: back"
            with Fields():
                for option in self._options.values():
                    with Horizontal():
                        yield Label(Text(fence(option.flag)), id=f"label-{option.name}")
                        yield self._field(option)
                if not self._options:
                    words = "This model's main has no options."
                    yield Static(words, markup=False)
                yield from self._boxes()
            yield Static(id="said", markup=False)
            yield Static(id="line", markup=False)

    def _field(self, option: Option) -> Widget:
        text, name = self._line.text(option.name), f"field-{option.name}"
        if option.kind == "switch":
            return TickBox(YES_NO[text == TRUE], text == TRUE, compact=True, id=name)
        if option.kind == "choice" and text in option.choices:
            return ChoiceField.from_values(
                option.choices, value=text, allow_blank=False, compact=True, id=name
            )
        computed = f"{option.source}: {option.expects}"
        nothing = option.default or "none" if option.is_known else computed
        field = Input(text, placeholder=fence(nothing), compact=True, id=name)
        field.cursor_blink = False
        return field

    def _boxes(self) -> Iterator[Checkbox]:
        for name, (words, ticked) in self._checks.items():
            yield TickBox(Text(fence(words)), ticked, compact=True, id=f"check-{name}")

    def on_mount(self) -> None:
        """Give the first field the keyboard."""
        self._complaints = self._line.complaints()
        for name in self._options:
            self._show_label(name)
        self._say(next(iter(self._options), ""))
        fields = self.query("Input, ChoiceField, Checkbox").results(Widget)
        first = next(iter(fields), None)
        if first is not None:
            first.focus()

    def on_resize(self) -> None:
        """Leave room for what is said, however small the terminal is."""
        height = self.app.size.height
        self.set_class(height < SHORT_ROWS, "-short")
        rest = 4 if height < SHORT_ROWS else 6  # the border, and the lines below the fields
        self.query_one(Fields).styles.max_height = max(1, height - rest)

    # typing

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._take(event.input, event.value)

    @on(Checkbox.Changed)
    def _ticked(self, event: Checkbox.Changed) -> None:
        event.stop()
        if _option_of(event.checkbox):
            event.checkbox.label = YES_NO[event.value]
        self._take(event.checkbox, TRUE if event.value else FALSE)

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        self._take(event.select, str(event.value))

    @on(DescendantFocus)
    def _focused(self, event: DescendantFocus) -> None:
        name = _option_of(event.widget)
        if name:
            self._say(name)

    def _take(self, field: Widget, text: str) -> None:
        name = _option_of(field)
        if not name:
            return
        self._line.set(name, text)
        self._complaints.pop(name, None)
        if name in self._line.given and (words := self._options[name].complaint(text)):
            self._complaints[name] = words
        self._show_label(name)
        self._say(name)

    def action_reset(self) -> None:
        """Give the option with the keyboard its default again."""
        name = _option_of(self.focused)
        if not name:
            return
        text = self._options[name].default
        match self.focused:
            case Input() as field:
                field.value = text
                field.cursor_position = len(text)
            case Checkbox() as field:
                field.value = text == TRUE
            case ChoiceField() as field:
                field.value = text
            case _:
                pass

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the arrow keys to a menu that is open."""
        open_menu = any(field.expanded for field in self.query(ChoiceField))
        return not (action == "step" and (open_menu or self.focused is None))

    def action_step(self, way: int) -> None:
        """Go to the next field, or to the one before."""
        (self.focus_next if way > 0 else self.focus_previous)()

    def _take_all(self) -> None:
        """Take what stands in the fields now: their messages may be on the way."""
        for field in self.query(Input):
            if field.value != self._line.text(_option_of(field)):
                self._take(field, field.value)

    # done

    def action_back(self) -> None:
        """Leave, with what was typed."""
        self._take_all()
        self.dismiss(Filled(self._line, False, self._ticked_checks()))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field, as Tab does: F5 is what starts."""
        event.stop()
        self.action_step(1)

    def action_begin(self) -> None:
        """Start a run, unless something cannot be what was typed: then go there."""
        self._take_all()
        for name in self._options:
            if name in self._complaints:
                self.query_one(f"#field-{name}").focus()
                self._say(name)
                return
        self.dismiss(Filled(self._line, True, self._ticked_checks()))

    def _ticked_checks(self) -> frozenset[str]:
        return frozenset(
            name for name in self._checks if self.query_one(f"#check-{name}", Checkbox).value
        )

    # what is said

    def _show_label(self, name: str) -> None:
        label = self.query_one(f"#label-{name}", Label)
        label.set_class(name in self._line.given, "changed")
        label.set_class(name in self._complaints, "wrong")

    def _say(self, name: str) -> None:
        said = self.query_one("#said", Static)
        if name:
            wrong = name in self._complaints
            words = self._complaints[name] if wrong else _described(self._options[name])
            said.set_class(wrong, "wrong")
            said.update(Text(fence(words)))
        line = self._line.line()
        self.query_one("#line", Static).update(Text(fence(line) or "all as in the model"))


def _option_of(field: Widget | None) -> str:
    """The name of the option that a field is for; "" of what is none."""
    name = (field.id if field is not None else "") or ""
    return name.removeprefix("field-") if name.startswith("field-") else ""


def _described(option: Option) -> str:
    default = option.default or ("nothing" if option.is_known else option.source)
    if option.kind == "switch":
        default = YES_NO[option.default == TRUE]
    what = ", ".join(option.choices) if option.kind == "choice" else option.expects
    words = f"{what}; in the model {default}"
    return f"{option.help} ({words})" if option.help else words
