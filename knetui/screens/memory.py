"""The pool of a run in full: its map, its figures, who holds what, and what if there were less."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.widgets import Input, Static

from knetengine.training.control import TRACED_STEPS, request
from knetui.actions import Actions
from knetui.byte_sizes import SizeError, bytes_of, in_bytes, short_bytes
from knetui.fence import fence
from knetui.memory.drawing import (
    answers_text,
    classes_text,
    figures_text,
    holders_text,
    legend,
    map_text,
)
from knetui.memory.map import END, IN_USE, SPLIT, WAITING, draw_map
from knetui.memory.tables import moment_words
from knetui.runs.steering import take_step
from knetui.runs.view import RunView
from knetui.screens.frame import FRAME_KEYS, HELP_KEY
from knetui.screens.running import RUN_KEYS
from knetui.screens.sections import Sections
from knetui.screens.steering import STEER_KEYS
from knetui.widgets import memory as memory_pane
from knetui.widgets.section import Section

if TYPE_CHECKING:  # the workbench starts without the engine's arrays, which saves 50 ms
    from knetengine.training.memory_pictures import Picture, PoolPicture
    from knetengine.training.memory_traces import Answer

PLACE = "memory screen"
READ_SECONDS = 0.25
LOOK_SECONDS = 2.0  # the run goes on for three times as long
SHARED = ("view.help", "run.pause", "run.step", "view.theme")  # keys as in the workbench
NO_PICTURE = "waiting for the run: it shows its memory after its next step"
NEVER_SEEN = (
    "this run has ended, and nobody looked at its memory while it trained; look while one does, "
    "or wake this one from a checkpoint (Branch)"
)
NO_POOL = (
    "no array of this run is in a pool: NumPy has its own memory. Train with --atype KnetArray "
    "(F3 in the workbench: options)"
)
NO_LINES = "L records the lines that ask for memory from now on"
WHAT_IF = (
    "Type a limit; Enter replays what the pool was asked for in some steps under it, by each "
    "policy. Does it fit? If not: in which step, and who holds most then?"
)

EXPLANATION = """
    The map has a row or more for the segments of each size that the pool had from the device, and
    in them the blocks that arrays hold; what is split off is free but cannot go back to the device
    while a neighbour is held. Sizes are powers of two. Holders are the lines of the program that
    asked for what is in use. What if: type a limit; the trace of some steps is replayed under it.
"""


def _key(keys: str, action: str, name: str, meaning: str, *, show: bool = True) -> Binding:
    word = name.lower().replace(" ", "-")
    return Binding(keys, action, name, tooltip=meaning, show=show, id=f"memory.{word}")


class WhatIf(Section):
    """A line for a limit, above the answers."""

    def compose(self) -> ComposeResult:
        """The line and the answers."""
        limit = Input(placeholder="a limit, such as 64 MiB", id="limit", compact=True)
        limit.cursor_blink = False
        yield limit
        yield Static(classes="text")

    def enter(self) -> None:
        """Go to the line."""
        self.screen.set_focus(self.query_one(Input))


class MemoryScreen(Sections):
    """Looks at the memory of one run; Escape goes back."""

    CSS = """
    MemoryScreen #left { width: 50; }
    MemoryScreen #right { width: 1fr; }
    MemoryScreen #figures { height: 20; }
    MemoryScreen #holders { height: 9; }
    MemoryScreen #what-if { height: 17; }
    MemoryScreen #limit { width: 1fr; height: 1; }
    MemoryScreen.-one #left, MemoryScreen.-one #right { width: 1fr; }
    MemoryScreen.-one #figures, MemoryScreen.-one #holders, MemoryScreen.-one #what-if {
        height: 1fr;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(b for b in (HELP_KEY, *RUN_KEYS, *STEER_KEYS, *FRAME_KEYS) if b.id in SHARED),
        _key("escape", "back", "Back", "Back to the workbench"),
        _key("m", "section('map')", "Map", "Go to the map", show=False),
        _key("f", "section('figures')", "Figures", "Go to the figures", show=False),
        _key("s", "section('classes')", "Sizes", "Go to the blocks by size", show=False),
        _key("h", "section('holders')", "Holders", "Go to who holds what", show=False),
        _key("w", "section('what-if')", "What if", "Replay the trace under a limit"),
        _key("l", "lines", "Lines", "Record the lines that ask for memory, or no longer"),
        _key("t", "trace", "Trace", f"Record a trace of {TRACED_STEPS} steps"),
        _key("d", "device", "Device", "Show the pool of the next device", show=False),
        _key("tab", "next(1)", "Next", "Go to the next part", show=False),
        _key("shift+tab", "next(-1)", "Before", "Go to the part before", show=False),
    ]
    place = PLACE
    explanation = EXPLANATION
    left = ("figures", "classes")
    sections: ClassVar = {
        "map": ("m", "map"),
        "figures": ("f", "figures"),
        "classes": ("s", "sizes"),
        "holders": ("h", "holders"),
        "what-if": ("w", "what if"),
    }

    def __init__(self, run: RunView, actions: Actions) -> None:
        from knetui.memory.desk import MemoryDesk  # late: with the engine's pools, 50 ms

        super().__init__(actions)
        self._desk = MemoryDesk(run)
        self._device = 0
        self._answers: list[Answer] = []
        self._limit: int | None = None  # that the answers are about
        self._pending: int | None = None  # to be asked when the trace is there
        self._reads = False
        self._said = ""  # in the place of the answers
        self._files = asyncio.Lock()  # one at a time touches the run's control file

    def make_section(self, id: str, letter: str, title: str) -> Section:
        """The section of that name."""
        return (WhatIf if id == "what-if" else Section)(letter, title, id=id)

    def on_mount(self) -> None:
        """Look, and look again and again."""
        super().on_mount()
        self.set_interval(READ_SECONDS, self._read)
        self.set_interval(LOOK_SECONDS, self._look)
        self.show()
        self._look()

    # what the run is asked

    @work(group="look")
    async def _look(self) -> None:
        await self._touch(self._desk.look)

    async def _touch(self, todo: Callable[[], None]) -> None:
        """Write what is wanted, in a thread: the folder may be far away."""
        async with self._files:
            try:
                await asyncio.to_thread(todo)
            except OSError as error:
                words = f"the run cannot be asked: {error.strerror or error}"
                self.notify(fence(words), severity="error", markup=False)

    def _lives(self) -> bool:
        if self._desk.run.state.has_ended:
            self.notify("this run has ended", severity="warning")
            return False
        return True

    def action_pause(self) -> None:
        """Let the run wait after its step, or go on."""
        if self._lives():
            paused = self._desk.run.state.status == "paused"
            request(self._desk.folder.control, "run" if paused else "pause")

    def action_step(self) -> None:
        """Have the run take one step and wait."""
        if self._lives():
            take_step(self._desk.folder)

    def action_lines(self) -> None:
        """Have the lines recorded that ask for memory, or no longer."""
        if self._lives():
            self._desk.lines = not self._desk.lines
            self._look()
            self.show()

    def action_trace(self) -> None:
        """Have a trace recorded."""
        if self._lives():
            self._ask_for_trace()

    @work(group="trace")
    async def _ask_for_trace(self) -> None:
        self._answers, self._said = [], ""
        await self._touch(self._desk.ask_for_trace)
        self.show()

    def action_device(self) -> None:
        """Show the pool of the next device."""
        self._device += 1
        self._answers = []
        self.show()

    # what is seen

    @work(group="read")
    async def _read(self) -> None:
        if self._reads:  # still: the folder is far away
            return
        self._reads = True
        changed = await asyncio.to_thread(self._desk.read)
        self._reads = False
        if self._pending is not None and self._desk.has_trace and not self._desk.is_tracing:
            self._replay(self._pending)
            self._pending = None
        if changed:
            self.show()
        else:
            with contextlib.suppress(NoMatches):
                self._show_title()

    @property
    def picture(self) -> Picture | None:
        """The newest picture of the run."""
        return self._desk.picture

    @property
    def pool(self) -> PoolPicture | None:
        """The pool that is shown."""
        pools = self.picture.pools if self.picture else []
        return pools[self._device % len(pools)] if pools else None

    def draw(self) -> None:
        """Show the newest picture, as far as it can be seen."""
        self._show_title()
        shows = {
            "map": self._show_map,
            "figures": self._show_figures,
            "classes": self._show_classes,
            "holders": self._show_holders,
            "what-if": self._show_what_if,
        }
        for id in self.seen():
            shows[id]()

    def _show_title(self) -> None:
        run, picture = self._desk.run, self.picture
        line = Text.assemble(("memory", "bold"))
        line.append(f" of run {fence(run.folder.title)} > {run.state.status}")
        if picture is not None:
            line.append(f"  {moment_words(picture, run.state.has_ended)}")
        self.query_one("#title", Static).update(line, layout=False)

    def _nothing(self) -> str:
        """Why there is no pool to be seen."""
        if self.picture is not None:
            return NO_POOL
        return NEVER_SEEN if self._desk.run.state.has_ended else NO_PICTURE

    def _colour(self, letter: str) -> str:
        variables = self.app.theme_variables
        names = {IN_USE: "primary", END: "primary", WAITING: "secondary", SPLIT: "warning"}
        return variables[names.get(letter, "foreground")]

    def _show_map(self) -> None:
        section, pool = self.section("map"), self.pool
        if pool is None:
            section.say(self._nothing())
            section.show_subtitle("")
            return
        size = section.scrollable_content_region.size
        drawn = draw_map(pool.segments, size.width, max(1, size.height), short_bytes)
        section.show(map_text(drawn, self._colour))
        left_out = f", {drawn.left_out:,} segments more" if drawn.left_out else ""
        cell = in_bytes(drawn.cell_bytes)
        section.show_title(f"map of {pool.device}: a cell is {cell}{left_out}")
        section.show_subtitle(legend(pool.device))

    def _show_figures(self) -> None:
        section, picture = self.section("figures"), self.picture
        if picture is None:
            section.say(self._nothing())
            return
        section.show(figures_text(picture, self.pool, memory_pane.machine_figures()[0]))

    def _show_classes(self) -> None:
        section, pool = self.section("classes"), self.pool
        width = section.scrollable_content_region.width
        section.show(classes_text(pool, width, self._colour) if pool else Text())

    def _show_holders(self) -> None:
        section, pool, picture = self.section("holders"), self.pool, self.picture
        if pool is None or picture is None:
            section.show(Text())
            return
        section.show(
            holders_text(pool.holders, "before lines were recorded" if picture.lines else "")
        )
        words = "lines are recorded; L: no longer" if self._desk.lines else NO_LINES
        section.show_subtitle("" if self._desk.run.state.has_ended else words)

    # what if

    @on(Input.Submitted)
    def _limit_given(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            limit = bytes_of(event.value)
        except SizeError as error:
            self._say(str(error))
            return
        if self._desk.has_trace and not self._desk.is_tracing:
            self._replay(limit)
        elif self._lives():
            self._pending = limit
            if not self._desk.is_tracing:
                self._ask_for_trace()

    @work(group="what-if", exclusive=True)
    async def _replay(self, limit: int) -> None:
        from knetui.memory.what_if import WhatIfError, ask  # late, as the desk

        pool = self.pool
        device = pool.device if pool else "cpu"
        self._answers, self._limit = [], limit
        self._say("the trace is replayed ...")
        try:
            answers = ask(self._desk.folder.memory_trace, device, limit)
            async with contextlib.aclosing(answers):  # leaving the screen ends the process
                async for answer in answers:
                    self._answers.append(answer)
                    self._say("")
        except (WhatIfError, OSError) as error:
            self._say(str(error))

    def _say(self, words: str) -> None:
        """Say something in the place of answers."""
        self._said = words
        self.show()

    def _show_what_if(self) -> None:
        section, tracing = self.section("what-if"), self._desk.tracing
        if self._said:
            section.say(fence(self._said))
        elif self._desk.is_tracing:
            section.say(f"recording a trace: {self._desk.traced_steps} of {TRACED_STEPS} steps")
        elif self._answers and self._limit is not None:
            section.show(answers_text(self._limit, self._answers, self._colour))
        elif tracing is not None and tracing.problem:
            section.show(Text(f"no trace: {fence(tracing.problem)}", self._colour(SPLIT)))
        else:
            section.say(WHAT_IF)
        section.show_subtitle(self._trace_words())

    def _trace_words(self) -> str:
        if self._desk.run.state.has_ended:
            return "" if self._desk.has_trace else "no trace was recorded"
        return "T records the trace anew" if self._desk.has_trace else "T records a trace"
