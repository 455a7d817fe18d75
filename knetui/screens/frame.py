"""The frame of the workbench: where panes are, which has the keyboard, themes, help, the session.

It knows nothing of what is in the panes.
"""

import asyncio
from collections.abc import Mapping

from textual import on
from textual.binding import ActiveBinding, Binding
from textual.events import DescendantFocus, Resize
from textual.screen import Screen
from textual.widgets import Footer

from knetui.actions import Actions, key_names
from knetui.fence import fence
from knetui.frame_meter import FrameMeter
from knetui.screens.compositor import NarrowCompositor
from knetui.session import Session, SessionFile
from knetui.themes import theme_after
from knetui.widgets.pane import Pane
from knetui.widgets.pane_bar import PaneBar
from knetui.widgets.pane_grid import PaneGrid

TINY_ROWS = 8  # where borders and bars would leave nothing of the text
WIDE = (100, 28)  # columns and rows that show all panes at once
REMEMBER_SECONDS = 0.25
DIRECTIONS = {  # of a border: across the screen, forward
    "left": (True, False),
    "right": (True, True),
    "up": (False, False),
    "down": (False, True),
}


def key(
    keys: str,
    action: str,
    name: str,
    meaning: str,
    id: str,
    *,
    show: bool = False,
) -> Binding:
    """A key of the workbench, wherever the keyboard is; `id` is what keymap and palette know.

    It goes before the keys of the widget that has the keyboard.
    """
    return Binding(keys, action, name, tooltip=meaning, show=show, priority=True, id=id)


FRAME_KEYS = (
    key("f2", "next_pane", "Next", "Go to the next pane", "view.next", show=True),
    key("f9", "zoom", "Zoom", "Show one pane only, or all of them", "view.zoom", show=True),
    key("ctrl+o", "go_to", "Go to", "Name the panes; a number goes there", "view.go_to", show=True),
    key("alt+left", "move('left')", "Border left", "Move the pane's border left", "view.left"),
    key("alt+right", "move('right')", "Border right", "Move the pane's border right", "view.right"),
    key("alt+up", "move('up')", "Border up", "Move the pane's border up", "view.up"),
    key("alt+down", "move('down')", "Border down", "Move the pane's border down", "view.down"),
    key("alt+h", "timings", "Timings", "How long frames and keys take", "view.timings"),
    key("f12", "next_theme", "Colours", "Dark, light, high contrast, colour-blind", "view.theme"),
)
HELP_KEY = key("f1", "help", "Help", "What this pane is, and its keys", "view.help", show=True)


class Frame(Screen[None]):
    """Panes between a line at the top and the keys at the bottom."""

    CSS = """
    Frame { layout: vertical; }
    Frame * { scrollbar-size-vertical: 1; scrollbar-background: transparent; }
    Frame Log, Frame RichLog { overflow-y: auto; }
    Frame.-tiny Footer { display: none; }
    Frame.-tiny Pane { border: none; }
    """
    SCOPED_CSS = False  # Textual would look for a Frame within the screen that is one

    def __init__(
        self, session: Session, session_file: SessionFile, actions: Actions, meter: FrameMeter
    ) -> None:
        super().__init__()
        self._compositor = NarrowCompositor()
        self._meter = meter
        self._shows_timings = False
        self.session = session
        self._session_file = session_file
        self._actions = actions
        self._panes: Mapping[str, Pane] = {}
        self._remembers = False  # that is, it is about to

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys in the order of the footer: help first, which then is seen beside any pane's."""
        bindings = super().active_bindings
        first = {key: b for key, b in bindings.items() if b.binding.id == HELP_KEY.id}
        return first | bindings

    def lay_out(self, panes: Mapping[str, Pane]) -> PaneGrid:
        """The widget that holds the panes."""
        self._panes = panes
        return PaneGrid(panes, self.session.layout)

    def on_mount(self) -> None:
        """Bring back where everything was."""
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)
        known = self.session.pane in self._panes
        self.action_show_pane(self.session.pane if known else next(iter(self._panes)))

    def pane(self, name: str) -> Pane:
        """The pane of that name."""
        return self._panes[name]

    # where panes are

    @property
    def shows_one(self) -> bool:
        """Whether one pane is shown at a time, by choice or for want of room."""
        columns, rows = self.app.size
        return self.session.layout.zoomed or columns < WIDE[0] or rows < WIDE[1]

    def on_resize(self, event: Resize) -> None:
        """Show one pane at a time where the terminal is too small for all."""
        self._arrange()

    def _arrange(self) -> None:
        one, tiny = self.shows_one, self.app.size.height < TINY_ROWS
        self.query_one(PaneGrid).lay_out(self.session.pane if one else None)
        self.set_class(tiny, "-tiny")
        self.query_one(Footer).compact = self.app.size.width < WIDE[0]
        bar = self.query_one(PaneBar)
        bar.display = bar.has_focus or (one and not tiny)
        bar.show_current(self.session.pane, self.session.layout.away)

    def _rearrange(self) -> None:
        """The layout was changed."""
        self._arrange()
        self.remember_soon()

    def action_zoom(self) -> None:
        """Show the pane with the keyboard alone, or all of them again."""
        self.session.layout.zoomed = not self.session.layout.zoomed
        self.action_show_pane(self.session.pane)

    def action_move(self, direction: str) -> None:
        """Move a border of the pane with the keyboard."""
        across, forward = DIRECTIONS[direction]
        grid = self.query_one(PaneGrid)
        if grid.move(self.session.pane, across=across, forward=forward):
            self.remember_soon()
        elif self.shows_one:
            self.notify("one pane is shown here; it has no border to move", timeout=3)

    def action_hide_pane(self) -> None:
        """Hide the pane with the keyboard, and go to the next."""
        name = self.session.pane
        if not self.session.layout.hide(name):
            self.notify("this is the only pane left", timeout=3)
            return
        self.action_next_pane()
        words = f"{name} is hidden; {self.keys_of('view.go_to')} and its number bring it back"
        self.notify(words, timeout=4)

    def show_or_leave_out(self, name: str, *, present: bool) -> None:
        """Show a pane that has something to show; leave it out otherwise, unless one is in it."""
        layout = self.session.layout
        if present == (name in layout.left_out) and (present or name != self.session.pane):
            if present:
                layout.left_out.remove(name)
            else:
                layout.left_out.append(name)
            self._rearrange()

    def action_show_panes(self) -> None:
        """Show the hidden panes again."""
        self.session.layout.hidden.clear()
        self.action_show_pane(self.session.pane)

    def action_reset_layout(self) -> None:
        """All panes as at the first start."""
        self.session.layout.reset()
        self.action_show_pane(self.session.pane)

    def action_next_layout(self) -> None:
        """Take the next preset; the keyboard stays where it is, if that is to be seen."""
        layout = self.session.layout
        preset = layout.next_preset()
        layout.take(preset)
        seen = (name for name in self._panes if name not in layout.away)
        here = self.session.pane
        self.action_show_pane(here if here not in layout.hidden else next(seen))
        self.notify(f"layout: {preset.name}", timeout=3)

    @on(PaneGrid.Moved)
    def _border_dragged(self) -> None:
        self.remember_soon()

    @on(PaneGrid.Pressed)
    def _border_pressed(self, event: PaneGrid.Pressed) -> None:
        if event.twice:
            self.session.layout.zoomed = not self.session.layout.zoomed
        self.action_show_pane(event.pane)

    # which has the keyboard

    def action_show_pane(self, name: str) -> None:
        """Go to a pane, which is shown if it was hidden."""
        self.session.pane = name
        self.session.layout.show(name)
        self._rearrange()
        self.pane(name).enter()

    def action_go_to(self) -> None:
        """Go to the pane whose number is pressed next."""
        bar = self.query_one(PaneBar)
        bar.display = True
        self.set_focus(bar)

    @on(PaneBar.Left)
    def _pane_bar_left(self) -> None:
        self._arrange()

    def action_choose_pane(self, number: int) -> None:
        """Go to the pane of that number, or back where there is none."""
        names = list(self._panes)
        known = 1 <= number <= len(names)
        self.action_show_pane(names[number - 1] if known else self.session.pane)

    def action_next_pane(self) -> None:
        """Go to the pane after the one with the keyboard, past those that are hidden."""
        names, away = list(self._panes), self.session.layout.away
        here = names.index(self.session.pane)
        order = [*names[here + 1 :], *names[: here + 1]]
        self.action_show_pane(next(name for name in order if name not in away))

    @on(DescendantFocus)
    def _keyboard_moved(self, event: DescendantFocus) -> None:
        around = (node.id for node in event.widget.ancestors if isinstance(node, Pane))
        name = next(around, None)
        if name is not None and name != self.session.pane:
            self.session.pane = name
            self._rearrange()

    # colours, timings and help

    def action_timings(self) -> None:
        """Show in the line at the top how long frames and keys take, or no longer."""
        self._shows_timings = not self._shows_timings

    def timings(self) -> str:
        """How long they took, where they are to be shown."""
        return self._meter.told() if self._shows_timings else ""

    def action_next_theme(self) -> None:
        """Take the next of our own themes."""
        self.app.theme = theme_after(self.app.theme)
        words = f"colours: {self.app.theme} ({self.keys_of('app.commands')}, Theme: all)"
        self.notify(words, timeout=3)

    def _theme_changed(self, _theme: object) -> None:
        self.session.theme = self.app.theme
        self.remember_soon()

    def keys_of(self, action: str) -> str:
        """The keys of an action, as they are said to people."""
        return key_names(self._actions.by_id()[action].keys)

    def action_help(self) -> None:
        """Explain the pane with the keyboard."""
        from knetui.screens.help import Help  # late: no part of the first frame

        pane = self.pane(self.session.pane)
        explanations = {name: type(pane).explanation for name, pane in self._panes.items()}
        self.app.push_screen(Help(self._actions, self.session.pane, pane.title, explanations))

    # the session

    def remember_soon(self) -> None:
        """The session is not what was written last."""
        if not self._remembers:
            self._remembers = True
            self.set_timer(REMEMBER_SECONDS, self._remember)

    async def _remember(self) -> None:
        """Write the session a moment after it changed, in a thread: home may be far away."""
        self._remembers = False
        try:
            await asyncio.to_thread(self._session_file.write, self.session)
        except OSError as error:
            self.tell(f"the session is not being kept: {error.strerror or error}")

    def tell(self, words: str, title: str = "") -> None:
        """Say that something went wrong; the words may be a model's."""
        self.notify(fence(words), title=fence(title), severity="error", markup=False)
