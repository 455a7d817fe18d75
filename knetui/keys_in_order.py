"""Keys take effect one after the other, however fast they come.

Textual hands a letter to the widget that has the keyboard, while a bound key takes effect only
after it has bubbled up to the application: of End and a letter in one packet, as a slow line
delivers them, the letter came first; and letters behind a key that moves the keyboard elsewhere
stayed where it was.
"""

import asyncio
from collections import deque

from textual.app import App
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.message import Message

PATIENCE_SECONDS = 0.5  # in each round: a widget that has gone takes along what follows a key
ROUNDS = 2  # a key may post a message (Enter: submitted) whose effect counts, too


class KeysInOrder(App[None]):
    """Acts on a key, or on what was pasted, when the one before has taken effect.

    A key whose predecessor may be on its way waits, and a message follows that one through the
    queues from the widget that has the keyboard up to the application: where it arrives, the key
    before it has been dealt with.
    """

    class Followed(Message):
        """Whatever was in the queues before this has been dealt with."""

        def __init__(self, rounds: int) -> None:
            super().__init__()
            self.rounds = rounds

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[Key | Paste] = deque()
        self._target: DOMNode = self  # that got the last key
        self._follower: KeysInOrder.Followed | None = None
        self._impatience: asyncio.TimerHandle | None = None

    async def on_event(self, event: Event) -> None:
        """Textual's, for a key in its turn."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self._typed.append(event)
            if self._follower is not None:
                return
            if self._is_under_way():
                self._follow(ROUNDS)
            else:
                await self._act()
        else:
            await super().on_event(event)

    async def _act(self) -> None:
        """Deal with the first of what was typed."""
        self._target = self.focused or self.screen
        await super().on_event(self._typed.popleft())

    def _is_under_way(self) -> bool:
        """Whether the last key, or what came of it, may stand in a queue."""
        now = self.focused or self.screen
        nodes = {*self._target.ancestors_with_self, *now.ancestors_with_self}
        return any(node.message_queue_size for node in nodes)

    def _follow(self, rounds: int) -> None:
        follower = self.Followed(rounds)
        self._follower = follower
        (self.focused or self.screen).post_message(follower)
        loop = asyncio.get_running_loop()
        self._impatience = loop.call_later(PATIENCE_SECONDS, self.post_message, follower)

    async def on_keys_in_order_followed(self, event: Followed) -> None:
        """Go on, if this follows the key that was acted upon last."""
        event.stop()
        if event is not self._follower:
            return
        if self._impatience is not None:
            self._impatience.cancel()
        if event.rounds > 1:
            self._follow(event.rounds - 1)
            return
        self._follower = None
        await self._act()
        if self._typed:
            self._follow(ROUNDS)
