"""Wait for what another process, or a later frame, brings."""

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

PATIENCE_SECONDS = 30


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Let the program go on until it holds; raises TimeoutError if it never does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():
            await pilot.pause(0.05)
