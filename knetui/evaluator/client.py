"""The front end's side of the evaluator: starts the child, asks it, interrupts it, restarts it."""

import asyncio
import contextlib
import fcntl
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from knetui.evaluator import protocol

OnEvent = Callable[[protocol.Event], Awaitable[None] | None]
ReplyType = TypeVar("ReplyType", bound=protocol.Reply)

START_TIMEOUT = 20.0
_TRACE_LIMIT = 20_000


class EvaluatorDied(Exception):  # noqa: N818  it says what happened, as KeyboardInterrupt does
    """The child is gone, and the names in it: `reason` says how, `trace` what it last wrote."""

    def __init__(self, reason: str, trace: str = "") -> None:
        super().__init__(f"the evaluator {reason}")
        self.reason = reason
        self.trace = trace


class Evaluator:
    """One evaluator child at a time, for use in one asyncio loop.

    `on_stray` receives output that belongs to no running input: what a thread of the user's
    prints later on. Every method that asks the child raises EvaluatorDied when it is gone or goes.
    """

    def __init__(
        self, folder: Path | None = None, on_stray: Callable[[protocol.Stream], None] | None = None
    ) -> None:
        self._folder = folder
        self._on_stray = on_stray
        self._child: _ChildProcess | None = None

    @property
    def alive(self) -> bool:
        """Whether a child is there to ask."""
        return self._child is not None and self._child.died is None

    @property
    def busy(self) -> bool:
        """Whether user code runs or waits to run."""
        return self._child is not None and self._child.busy

    @property
    def pid(self) -> int | None:
        """The process id of the child, which leads its own session and process group."""
        return self._child.process.pid if self._child is not None else None

    async def start(self) -> protocol.Ready:
        """Start a child and wait until it listens."""
        if self.alive:
            raise RuntimeError("the evaluator runs already; restart() replaces it")
        self._child = await _ChildProcess.spawn(self._folder, self._on_stray)
        try:
            async with asyncio.timeout(START_TIMEOUT):
                return await asyncio.shield(self._child.ready)
        except TimeoutError:
            await self._child.kill(0.0)
            raise EvaluatorDied(f"did not start within {START_TIMEOUT:.0f} s") from None

    async def execute(self, code: str, on_event: OnEvent | None = None) -> protocol.Done:
        """Run statements; `on_event` gets every Stream, Result, Error and Done as it comes.

        Where `on_event` returns an awaitable, the child's output waits for it. It must not await
        an answer of the evaluator itself.
        """
        return await self._running.run(protocol.Execute(self._running.new_id(), code), on_event)

    async def load(
        self, source: str, filename: str, on_event: OnEvent | None = None
    ) -> protocol.Done:
        """Define the names of a model file; its `__main__` block does not run."""
        request = protocol.Load(self._running.new_id(), source, filename)
        return await self._running.run(request, on_event)

    async def complete(self, code: str, cursor: int) -> protocol.CompleteReply:
        """How the name before the cursor can go on; answered while user code runs, too."""
        request = protocol.Complete(self._running.new_id(), code, cursor)
        return await self._running.ask(request, protocol.CompleteReply)

    async def inspect(self, code: str, cursor: int) -> protocol.InspectReply:
        """What the name around the cursor is; answered while user code runs, too."""
        request = protocol.Inspect(self._running.new_id(), code, cursor)
        return await self._running.ask(request, protocol.InspectReply)

    async def is_complete(self, code: str) -> protocol.IsCompleteReply:
        """Whether the code can run as it is or wants another line."""
        request = protocol.IsComplete(self._running.new_id(), code)
        return await self._running.ask(request, protocol.IsCompleteReply)

    def interrupt(self) -> bool:
        """Send SIGINT to the child's process group if user code runs; says whether it does."""
        if self._child is None or not self._child.busy:
            return False
        self._child.signal(signal.SIGINT)
        return True

    async def kill(self, grace: float = 2.0) -> None:
        """SIGTERM to the process group, SIGKILL to what is left after `grace` seconds."""
        if self._child is not None:
            await self._child.kill(grace)

    async def restart(self, grace: float = 0.5) -> protocol.Ready:
        """Replace the child, whatever it does, by a new one without the old names."""
        await self.kill(grace)
        return await self.start()

    async def close(self, grace: float = 1.0) -> None:
        """Interrupt what runs, ask the child to leave, and see to it that it does."""
        if self._child is None:
            return
        self.interrupt()
        await self._child.shut_down(grace)
        self._child = None

    @property
    def _running(self) -> "_ChildProcess":
        if self._child is None:
            raise EvaluatorDied("has not been started")
        if self._child.died is not None:
            raise self._child.died
        return self._child


class _ChildProcess:
    """One child from its start to its end. `died` is set once it is gone."""

    @classmethod
    async def spawn(
        cls, folder: Path | None, on_stray: Callable[[protocol.Stream], None] | None
    ) -> "_ChildProcess":
        ours, theirs = socket.socketpair()
        log = tempfile.TemporaryFile()  # noqa: SIM115  closed when the child has ended
        # The child empties the file between inputs: writes must go to its end, wherever that is.
        fcntl.fcntl(log, fcntl.F_SETFL, fcntl.fcntl(log, fcntl.F_GETFL) | os.O_APPEND)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "knetui.evaluator", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                cwd=folder,
                start_new_session=True,
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        return cls(process, log, reader, writer, on_stray)

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        log: Any,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_stray: Callable[[protocol.Stream], None] | None,
    ) -> None:
        self.process = process
        self.died: EvaluatorDied | None = None
        self.ready: asyncio.Future[protocol.Ready] = asyncio.get_running_loop().create_future()
        self._log = log
        self._reader = reader
        self._writer = writer
        self._on_stray = on_stray
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._handlers: dict[int, OnEvent | None] = {}
        self._reading = asyncio.create_task(self._read())

    @property
    def busy(self) -> bool:
        return bool(self._handlers)

    def new_id(self) -> int:
        return next(self._ids)

    async def run(
        self, request: protocol.Execute | protocol.Load, on_event: OnEvent | None
    ) -> protocol.Done:
        self._handlers[request.id] = on_event
        return await self.ask(request, protocol.Done)

    async def ask(self, request: protocol.Request, kind: type[Any]) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[request.id] = answer
        self._writer.write(protocol.encode(request))
        try:
            reply = await answer
        finally:
            self._answers.pop(request.id, None)
        assert isinstance(reply, kind), f"{type(request).__name__} was answered by {reply!r}"
        return reply

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process group, unless the child has been waited for."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    async def kill(self, grace: float) -> None:
        self.signal(signal.SIGTERM)
        await self._leave(grace)

    async def shut_down(self, grace: float) -> None:
        if self.died is None:
            self._writer.write(protocol.encode(protocol.Shutdown(self.new_id())))
        if not await self._wait(grace):
            await self.kill(grace)

    async def _leave(self, grace: float) -> None:
        if not await self._wait(grace):
            self.signal(signal.SIGKILL)
            await self._reading

    async def _wait(self, timeout: float) -> bool:
        """Whether the child has ended and all it said is read, after at most `timeout` seconds."""
        await asyncio.wait([self._reading], timeout=timeout)
        return self._reading.done()

    async def _read(self) -> None:
        try:
            rest = b""
            while received := await self._reader.read(1 << 16):
                *lines, rest = (rest + received).split(b"\n")
                for line in lines:
                    await self._take(protocol.decode_message(line))
        except ConnectionError:
            pass  # it died with requests unread
        finally:
            await self._bury()

    async def _take(self, message: protocol.Message) -> None:
        match message:
            case protocol.Ready():
                self.ready.set_result(message)
            case protocol.Stream() | protocol.Result() | protocol.Error() | protocol.Done():
                await self._deliver(message)
            case _:
                self._answer(message.id, message)

    async def _deliver(self, event: protocol.Event) -> None:
        if event.id not in self._handlers:
            if isinstance(event, protocol.Stream) and self._on_stray is not None:
                self._on_stray(event)
            return
        done = isinstance(event, protocol.Done)
        handler = self._handlers.pop(event.id) if done else self._handlers[event.id]
        try:
            waiting = handler(event) if handler is not None else None
            if waiting is not None:
                await waiting
        except Exception as problem:  # a fault of the front end: the caller of run() must see it
            if not done:
                self._handlers[event.id] = None
            self._answer(event.id, problem)
        if done:
            self._answer(event.id, event)

    def _answer(self, request_id: int, answer: protocol.Reply | protocol.Done | Exception) -> None:
        waiting = self._answers.get(request_id)
        if waiting is None or waiting.done():  # whoever asked has given up
            return
        if isinstance(answer, Exception):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)

    async def _bury(self) -> None:
        self._writer.close()
        deadline = asyncio.get_running_loop().time() + 2.0
        while self.process.poll() is None:
            if asyncio.get_running_loop().time() > deadline:  # it closed the socket, and lives
                self.signal(signal.SIGKILL)
            await asyncio.sleep(0.002)
        trace = os.pread(self._log.fileno(), _TRACE_LIMIT, 0).decode(errors="backslashreplace")
        self._log.close()
        self.died = EvaluatorDied(_how_it_ended(self.process.returncode), _user_part(trace))
        self._handlers.clear()
        for request_id in list(self._answers):
            self._answer(request_id, self.died)
        if not self.ready.done():
            self.ready.set_exception(self.died)
            self.ready.exception()  # whoever waits for it may be gone: that is no fault


def _user_part(trace: str) -> str:
    """What faulthandler wrote, without the frames of the evaluator and the list of modules."""
    own = (
        f'  File "{Path(__file__).parent}{os.sep}',
        '  File "<frozen runpy>"',
        "Extension modules:",
    )
    return "\n".join(line for line in trace.splitlines() if not line.startswith(own)).strip()


def _how_it_ended(returncode: int) -> str:
    if returncode >= 0:
        return f"exited with status {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:  # a real-time signal
        name = f"signal {-returncode}"
    return f"was killed by {name} ({signal.strsignal(-returncode)})"
