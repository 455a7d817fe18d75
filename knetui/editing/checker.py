"""A child process that finds the mistakes of a program while it is being typed.

Parsing 4,000 lines holds Python's lock for 110 to 200 ms in one piece, in a thread too: every key
would wait for it. `python -m knetui.editing.checker` answers each text on its standard input, a
line of JSON, by a line of diagnostics; it ends when its input does, so it cannot outlive the
workbench.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys

import msgspec

from knetui.editing.diagnostics import Diagnostic, diagnose

PATIENCE_SECONDS = 10.0
NICENESS = 5  # keys and training go first
_LINE_BYTES = 1 << 26

_decode = msgspec.json.Decoder(list[Diagnostic]).decode


class Checker:
    """Asks a child process, which is started by the first question; for one asyncio loop."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def check(self, text: str) -> list[Diagnostic] | None:
        """The mistakes of a program; None where they cannot be found, whatever the reason."""
        async with self._turn:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return await self._ask(text)
            except (OSError, TimeoutError, ValueError, msgspec.DecodeError):
                await self._end()  # the next question starts another
                return None
            except asyncio.CancelledError:  # its answer would be taken for that of the next
                await self._end()
                raise

    async def close(self) -> None:
        """End the child."""
        async with self._turn:
            await self._end()

    async def _ask(self, text: str) -> list[Diagnostic]:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "knetui.editing.checker"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                limit=_LINE_BYTES,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = text.encode("utf-8", "replace").decode()  # JSON has no lone surrogates
        self._process.stdin.write(msgspec.json.encode(question) + b"\n")
        await self._process.stdin.drain()
        return _decode(await self._process.stdout.readline())

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)  # process.kill() would wait for it, twice
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def main() -> None:
    """Answer texts until there are no more."""
    os.nice(NICENESS)
    for line in sys.stdin.buffer:
        answer = msgspec.json.encode(diagnose(msgspec.json.decode(line, type=str)))
        sys.stdout.buffer.write(answer + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
