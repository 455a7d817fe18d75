"""Statements from standard input, one after the other, with plain results."""

import asyncio
import codecs
import os
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator

from knetui.evaluator.client import Evaluator, EvaluatorDied
from knetui.evaluator.completeness import ends_in_block, is_complete
from knetui.repl.printing import Printer
from knetui.repl.words import asked_name, is_farewell, unknown

_CONTINUES = re.compile(r"(else|elif|except|finally)\b|#")


class StatementSplitter:
    """Cuts lines into statements as soon as each is known to be whole.

    Unlike at a prompt, blank lines inside a block do not end it: the next line at the margin does.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []

    def feed(self, line: str) -> Iterator[str]:
        """Take a line without its newline; yield what is whole now."""
        margin = bool(line.strip()) and not line[0].isspace()
        begins = margin and not _CONTINUES.match(line)
        if begins and self._lines and is_complete(self._text() + "\n").status != "incomplete":
            yield self._take()
        if not self._lines and (not line.strip() or line.startswith("#")):
            return
        self._lines.append(line)
        alone = len(self._lines) == 1
        is_word = alone and (asked_name(line) is not None or is_farewell(line))
        if is_word or (margin and self._is_whole()):
            yield self._take()

    def finish(self) -> Iterator[str]:
        """Yield what is left at the end of the input."""
        if self._text().strip():
            yield self._take()

    def _is_whole(self) -> bool:
        text = self._text()
        return is_complete(text).status == "complete" and not ends_in_block(text)

    def _text(self) -> str:
        return "\n".join(self._lines)

    def _take(self) -> str:
        text = self._text()
        self._lines.clear()
        return text


async def evaluate_standard_input(
    evaluator: Evaluator, printer: Printer, loaded: tuple[str, str] | None
) -> int:
    """Evaluate standard input; the exit status is 1 when the last statement failed.

    Ctrl-C interrupts and ends it with status 130, a second one kills the evaluator.
    """
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if interrupted:
            killing.append(asyncio.create_task(evaluator.kill()))
        interrupted = True
        evaluator.interrupt()
        lines.put_nowait(None)

    killing: list[asyncio.Task[None]] = []
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    _start_reading(lines)
    failed = False
    try:
        if loaded is not None:
            failed = (await evaluator.load(*loaded, printer)).status != "ok"
        async for statement in _statements(lines):
            if interrupted or is_farewell(statement):
                break
            failed = not await _evaluate(evaluator, statement, printer)
    except EvaluatorDied as death:
        printer.death(death)
        failed = True
    except BrokenPipeError:  # the reader of our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        failed = True
    return 130 if interrupted else int(failed)


async def _evaluate(evaluator: Evaluator, statement: str, printer: Printer) -> bool:
    if name := asked_name(statement):
        reply = await evaluator.inspect(name, len(name))
        printer.line(reply.text if reply.found else unknown(name))
        return reply.found
    return (await evaluator.execute(statement, printer)).status == "ok"


async def _statements(lines: "asyncio.Queue[str | None]") -> AsyncIterator[str]:
    splitter = StatementSplitter()
    while (line := await lines.get()) is not None:
        for statement in splitter.feed(line):
            yield statement
    for statement in splitter.finish():
        yield statement


def _start_reading(lines: "asyncio.Queue[str | None]") -> None:
    """Put the lines of standard input into the queue, and None at its end, from a thread.

    The thread reads the descriptor itself: a daemon thread inside sys.stdin would hold a lock
    that the interpreter wants when it exits.
    """
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def read() -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        try:
            while received := os.read(descriptor, 1 << 16):
                *whole, rest = (rest + decoder.decode(received)).split("\n")
                for line in whole:
                    loop.call_soon_threadsafe(lines.put_nowait, line.removesuffix("\r"))
            loop.call_soon_threadsafe(lines.put_nowait, rest)
            loop.call_soon_threadsafe(lines.put_nowait, None)
        except RuntimeError:  # the loop has been closed: we are leaving
            return

    threading.Thread(target=read, name="standard-input", daemon=True).start()
