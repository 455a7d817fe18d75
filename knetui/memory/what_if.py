"""Asks of a recorded trace whether it would fit under a limit: a process of its own replays it."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec

from knetengine.training.memory_traces import Answer

LINE_BYTES = 1 << 20


class WhatIfError(Exception):
    """The trace could not be replayed; the message says why."""


async def ask(trace: Path, device: str, limit: int) -> AsyncGenerator[Answer]:
    """The answer of each policy as it comes, the run's own first. Raises WhatIfError.

    Whoever does not wait for the last, or is cancelled, ends the process.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "knetengine.training.what_if", str(trace), device, str(limit)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async for line in process.stdout:
            yield msgspec.json.decode(line, type=Answer)
        words = (await process.stderr.read()).decode(errors="replace").strip()
        if await process.wait():
            last = words.splitlines()[-1] if words else f"exit status {process.returncode}"
            raise WhatIfError(last)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
