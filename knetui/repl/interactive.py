"""The prompt: editing, history and completion by prompt_toolkit, evaluation by the child."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Coroutine, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.patch_stdout import patch_stdout
from pygments.lexers.python import PythonLexer

import knetengine
from knetengine.training.home import home
from knetui.evaluator.client import Evaluator, EvaluatorDied
from knetui.evaluator.protocol import Ready
from knetui.repl.keys import key_bindings
from knetui.repl.printing import Printer
from knetui.repl.words import asked_name, is_farewell, unknown

COMPLETION_TIMEOUT = 0.4
PATIENCE = 2.0
STILL_RUNNING = "still running; press Ctrl-C again to restart the evaluator (its names are lost)"


class LiveCompleter(Completer):
    """Completes from the evaluator's names, or not at all when that takes too long."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Nothing: the prompt asks asynchronously."""
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """The matches for the name before the cursor."""
        cursor = document.cursor_position
        try:
            async with asyncio.timeout(COMPLETION_TIMEOUT):
                reply = await self._evaluator.complete(document.text, cursor)
        except (TimeoutError, EvaluatorDied):
            return
        for match in reply.matches:
            yield Completion(match, start_position=reply.start - cursor)


class Conversation:
    """Prompts until the user leaves. `loaded` is the source and the name of a model file."""

    def __init__(
        self,
        evaluator: Evaluator,
        printer: Printer,
        loaded: tuple[str, str] | None,
        history: Path | None,
    ) -> None:
        self._evaluator = evaluator
        self._loaded = loaded
        self._printer = printer
        self._patience: asyncio.TimerHandle | None = None
        self._restart_offered = False
        self._killing: asyncio.Task[None] | None = None
        self._session: PromptSession[str] = PromptSession(
            ">>> ",
            multiline=True,
            prompt_continuation=lambda width, line, soft_wrap: "    " if soft_wrap else "... ",
            history=_open_history(history or home() / "repl_history"),
            enable_history_search=True,
            auto_suggest=AutoSuggestFromHistory(),
            completer=LiveCompleter(evaluator),
            complete_while_typing=False,
            lexer=PygmentsLexer(PythonLexer),
            key_bindings=key_bindings(),
        )

    async def hold(self, ready: Ready) -> int:
        """Prompt and evaluate until the user leaves; returns the exit status."""
        numpy = metadata.version("numpy")
        print(f"knet-tui {knetengine.__version__}, Python {ready.python}, NumPy {numpy}")
        print("?name explains a name, Tab completes, Ctrl-C interrupts, Ctrl-D leaves")
        if self._loaded is not None:
            await self._guard(self._load())
        while True:
            try:
                with patch_stdout(raw=True):  # threads of the user's may print meanwhile
                    text = await self._session.prompt_async()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return 0
            if is_farewell(text):
                return 0
            if text.strip():
                await self._guard(self._evaluate(text))

    async def _evaluate(self, text: str) -> None:
        if name := asked_name(text):
            reply = await self._evaluator.inspect(name, len(name))
            self._printer.line(reply.text if reply.found else unknown(name))
        else:
            await self._evaluator.execute(text.rstrip(), self._printer)

    async def _load(self) -> None:
        if self._loaded is not None:
            await self._evaluator.load(*self._loaded, self._printer)

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what Ctrl-C may interrupt; a child that dies of it is replaced."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupt)
        try:
            await work
        except EvaluatorDied as death:
            self._printer.death(death)
            if self._killing is not None:
                await self._killing
            await self._evaluator.start()
            self._printer.error_line("a new evaluator has started: the names are lost")
            await self._load()
        finally:
            self._calm_down()

    def _interrupt(self) -> None:
        if self._restart_offered:
            if self._killing is None:
                self._killing = asyncio.create_task(self._evaluator.kill(0.5))
        elif self._evaluator.interrupt() and self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(PATIENCE, self._offer_restart)

    def _offer_restart(self) -> None:
        self._restart_offered = True
        self._printer.error_line(STILL_RUNNING)

    def _calm_down(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None
        self._restart_offered = False
        self._killing = None


def _open_history(path: Path) -> History:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as problem:
        print(f"this session's inputs are not kept: {problem}")
        return InMemoryHistory()
    return FileHistory(path)
