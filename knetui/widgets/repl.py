"""The REPL pane: expressions evaluated by the child process, with the model's names at hand."""

import asyncio
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Label, RichLog

from knetui.actions import Place, gather
from knetui.evaluator.client import Evaluator, EvaluatorDied
from knetui.evaluator.protocol import CompleteReply, Error, Event, Result, Stream
from knetui.fence import fence
from knetui.session import HISTORY_LENGTH
from knetui.widgets.editor import follow_theme
from knetui.widgets.line_view import LineView
from knetui.widgets.pane import Pane
from knetui.widgets.repl_input import ReplInput

KEPT_LINES = 2_000
LINES_A_FLUSH = 200  # drawn in about 6 ms
FLUSH_SECONDS = 0.1
PENDING_CHARACTERS = 100_000  # beyond, the child's output waits for the screen
PATIENCE_SECONDS = 2.0


def _key(keys: str, action: str, name: str, meaning: str) -> Binding:
    return Binding(keys, action, name, tooltip=meaning, show=False, id=f"repl.{action}")


class ReplOutput(RichLog, LineView, can_focus=True):
    """What was put in, printed and answered; at its end when something is added."""

    def __init__(self) -> None:
        super().__init__(
            max_lines=KEPT_LINES, wrap=True, markup=False, highlight=False, auto_scroll=False
        )

    def add(self, text: Text) -> None:
        """Add lines, and go to the last."""
        self.write(text)
        self.scroll_end(animate=False, immediate=True, x_axis=False)


class ReplPane(Pane):
    """Speaks with the evaluator; the user's code never runs in the workbench itself."""

    DEFAULT_CSS = """
    ReplPane Horizontal { height: auto; }
    ReplPane Label { color: $accent; }
    ReplPane RichLog { height: 1fr; background: transparent; scrollbar-size-horizontal: 0; }
    """
    title = "repl"
    entry = "ReplInput"
    explanation = """
        Python at once, in a process of its own, with the names of the model at hand: try a
        gradient, look at an array. An input that is complete runs, another gets a further line.
        A name with a question mark behind it is explained. Results stand above the input, the
        newest below. An endless loop can be interrupted; the names stay.
    """

    typing = True
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("enter", "run", "Run", "Run the input, or begin another line of it"),
        _key("alt+enter,shift+enter,ctrl+j", "new_line", "New line", "Begin another line"),
        _key("tab", "complete", "Complete", "Complete the name before the cursor"),
        _key("up", "earlier", "Earlier", "The input before this one"),
        _key("down", "later", "Later", "The input after this one"),
        _key("ctrl+c", "interrupt", "Interrupt", "Interrupt what runs; the names stay"),
    ]

    def __init__(
        self, number: int, history: list[str], place: Place | None = None, **settings: Any
    ) -> None:
        super().__init__(number, **settings)
        self._keys = (place or gather("repl", ReplPane)).by_key()
        self._history = history
        self._place = len(history)
        self._evaluator = Evaluator(on_stray=self._take)
        self._lines: list[Text] = []
        self._partial = ""
        self._pending = 0
        self._flush_timer: Timer | None = None
        self._flushed = asyncio.Event()
        self._ready = asyncio.Event()
        self._turn = asyncio.Lock()  # inputs and loads, in the order in which they came
        self._asked_to_stop = 0.0
        self._model: tuple[str, str] | None = None

    def compose(self) -> ComposeResult:
        """Output above the input."""
        yield ReplOutput()
        entry = ReplInput(self._keys)
        entry.placeholder = "grad(lambda x: x**3)(2.0)"
        entry.show_line_numbers = False
        entry.cursor_blink = False
        with Horizontal():
            yield Label(">>> ")
            yield entry

    def on_mount(self) -> None:
        """Follow the theme."""
        follow_theme(self, self.input)

    @property
    def input(self) -> ReplInput:
        """The input area."""
        return self.query_one(ReplInput)

    def action_run(self) -> None:
        """Run the input."""
        self.input.do("run")

    def action_new_line(self) -> None:
        """Begin another line of the input."""
        self.input.do("new_line")

    def action_complete(self) -> None:
        """Complete the name before the cursor."""
        self.input.do("complete")

    def action_earlier(self) -> None:
        """Show the input before."""
        self.input.do("earlier")

    def action_later(self) -> None:
        """Show the input after."""
        self.input.do("later")

    def action_interrupt(self) -> None:
        """Interrupt what runs."""
        self.input.do("interrupt")

    @work(group="evaluator-start")
    async def start(self, source: str, filename: str) -> None:
        """Start the evaluator and define the model's names in it."""
        self._model = (source, filename)
        async with self._turn:
            await self._restart()

    @work(group="evaluator-load")
    async def load_model(self, source: str, filename: str) -> None:
        """Define the model's names anew, as its text is now."""
        self._model = (source, filename)
        await self._ready.wait()
        async with self._turn:
            try:
                await self._load()
            except EvaluatorDied as death:
                await self._mourn(death)

    async def complete(self, code: str, cursor: int) -> CompleteReply:
        """How a name can go on, by the live names, once there are any. Raises EvaluatorDied."""
        await self._ready.wait()
        return await self._evaluator.complete(code, cursor)

    async def close(self) -> None:
        """End the evaluator."""
        await self._evaluator.close(grace=0.3)

    @on(ReplInput.Submitted)
    def _submitted(self, event: ReplInput.Submitted) -> None:
        self._remember(event.code)
        if self._turn.locked():
            self.show_subtitle("waits for what runs; Ctrl-C interrupts that")
        self._run(event.code)

    @work(group="evaluator-run")
    async def _run(self, code: str) -> None:
        """Evaluate an input; one that runs, and a model that is being loaded, go first."""
        await self._ready.wait()
        async with self._turn:
            first, *rest = code.splitlines()
            self._say("\n".join([f">>> {first}", *(f"... {line}" for line in rest)]), "bold")
            try:
                if code.strip().startswith("?") or code.strip().endswith("?"):
                    await self._explain(code.strip().strip("?"))
                    return
                self.show_subtitle("running; Ctrl-C interrupts")
                await self._evaluator.execute(code, self._on_event)
            except EvaluatorDied as death:
                await self._mourn(death)
            finally:
                self.show_subtitle("")
                self._end_partial()

    @on(ReplInput.InterruptWanted)
    @work(group="evaluator-interrupt")
    async def _interrupt(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self._evaluator.busy:
            self.input.clear()
        elif self._asked_to_stop and now - self._asked_to_stop >= PATIENCE_SECONDS:
            self._asked_to_stop = 0.0
            await self._evaluator.kill()
        else:
            self._evaluator.interrupt()
            self._asked_to_stop = self._asked_to_stop or now
            await asyncio.sleep(PATIENCE_SECONDS)
            if self._evaluator.busy and self._asked_to_stop:
                self._say("still running; Ctrl-C again restarts it (its names are lost)", "yellow")
            else:
                self._asked_to_stop = 0.0

    @on(ReplInput.CompletionWanted)
    @work(group="evaluator-complete", exclusive=True)
    async def _complete(self) -> None:
        area = self.input
        code = area.text
        cursor = area.document.get_index_from_location(area.cursor_location)  # type: ignore[attr-defined]
        try:
            answer = await self.complete(code, cursor)
        except EvaluatorDied:
            return
        if not answer.matches or area.text != code:
            return
        common = _common_beginning(answer.matches)
        locate = area.document.get_location_from_index  # type: ignore[attr-defined]
        if len(common) > answer.end - answer.start:
            area.replace(common, locate(answer.start), locate(answer.end))
        elif len(answer.matches) > 1:
            self._say("  ".join(answer.matches[:60]), "dim")

    @on(ReplInput.HistoryWanted)
    def _walk_history(self, event: ReplInput.HistoryWanted) -> None:
        place = self._place + event.step
        if 0 <= place <= len(self._history):
            self._place = place
            text = self._history[place] if place < len(self._history) else ""
            self.input.load_text(text)
            self.input.move_cursor(self.input.document.end)

    async def _restart(self) -> None:
        """Start an evaluator; a model that ends it as it is loaded is not loaded again."""
        self._ready.clear()
        try:
            await self._evaluator.start()
            await self._load()
        except EvaluatorDied as death:
            self._say(f"{death}\n{death.trace}", "bold red")
            if self._model is not None:
                self._say("the model is left out; Ctrl-S loads it again", "yellow")
                self._model = None
                await self._restart()
        finally:
            self._ready.set()

    async def _load(self) -> None:
        if self._model is not None:
            try:
                await self._evaluator.load(*self._model, self._on_load_event)
            finally:
                self._end_partial()

    def _on_load_event(self, event: Event) -> None:
        """Of a model that is being loaded only its mistakes are of interest here."""
        if isinstance(event, Error):
            where = f" (line {event.line})" if event.line else ""
            self._say(f"model not loaded: {event.name}: {event.message}{where}", "red")

    async def _explain(self, name: str) -> None:
        answer = await self._evaluator.inspect(name, len(name))
        self._say(answer.text if answer.found else f"there is no {name} here", "")

    async def _mourn(self, death: EvaluatorDied) -> None:
        self._say(f"{death}; a new one was started, without the old names", "bold red")
        if death.trace:
            self._say(death.trace, "red")
        self._asked_to_stop = 0.0
        await self._restart()

    def _remember(self, code: str) -> None:
        if not self._history or self._history[-1] != code:
            self._history.append(code)
            del self._history[:-HISTORY_LENGTH]
        self._place = len(self._history)

    async def _on_event(self, event: Event) -> None:
        self._take(event)
        if self._pending > PENDING_CHARACTERS:
            self._flushed.clear()
            await self._flushed.wait()

    def _take(self, event: Event) -> None:
        match event:
            case Stream(text=text):
                *whole, self._partial = (self._partial + text).split("\n")
                self._pending += len(text)
                self._show([Text(fence(line)) for line in whole])
            case Result(text=text):
                self._say(text, "")
            case Error(traceback=lines):
                self._say("\n".join(lines).rstrip(), "red")
            case _:
                pass

    def _say(self, text: str, style: str) -> None:
        self._end_partial()
        self._show([Text(fence(line), style=style) for line in text.splitlines()])

    def _end_partial(self) -> None:
        if self._partial:
            self._show([Text(fence(self._partial))])
            self._partial = ""

    def _show(self, lines: list[Text]) -> None:
        """Show lines within a moment, together with those that come until then."""
        self._lines.extend(lines)
        if self._flush_timer is None:
            self._flush_timer = self.set_timer(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        if self._lines:
            lines, self._lines = self._lines, []
            if len(lines) > LINES_A_FLUSH:
                passed_over = len(lines) - LINES_A_FLUSH
                lines = [
                    Text(f"... {passed_over:,} lines passed over", style="dim"),
                    *lines[-LINES_A_FLUSH:],
                ]
            self.query_one(ReplOutput).add(Text("\n").join(lines))
        self._pending = 0
        self._flushed.set()


def _common_beginning(words: list[str]) -> str:
    first, last = min(words), max(words)
    same = next((i for i, c in enumerate(first) if i >= len(last) or c != last[i]), len(first))
    return first[:same]
