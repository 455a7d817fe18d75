"""Keys that arrive together take effect in their order.

Textual acts on a letter where the keyboard is, and on a bound key only after it has bubbled up to
the application: of End and a letter in one packet, as a slow line delivers them, the letter came
first. And a key that moves the keyboard elsewhere left those behind it where it was.
"""

from collections.abc import Collection
from copy import copy

from textual.dom import DOMNode
from textual.events import Key
from textual.widget import Widget


def is_text(event: Key) -> bool:
    """Whether the key is a character to type; Alt with a letter carries that letter, too."""
    return event.is_printable and not event.key.startswith("alt+")


async def take_in_order(widget: Widget, event: Key, owners: Collection[DOMNode]) -> bool:
    """Whether the key was dealt with: bound by one of `owners`, or meant for another widget."""
    focused = widget.app.focused
    if focused is not None and focused is not widget:
        focused.post_message(copy(event))
    elif not await _is_bound(widget, event, owners):
        return False
    event.stop()
    event.prevent_default()
    return True


async def _is_bound(widget: Widget, event: Key, owners: Collection[DOMNode]) -> bool:
    if is_text(event):
        return False
    bound = widget.screen.active_bindings.get(event.key)
    if bound is None or not bound.enabled or bound.node not in owners:
        return False
    return await widget.app.run_action(bound.binding.action, bound.node)
