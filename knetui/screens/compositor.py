"""What of the screen is put together again, and who is told of another size."""

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor, ReflowResult
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class NarrowCompositor(Compositor):
    """A compositor that asks for nothing outside of what has changed.

    Textual's asks all widgets for their rows that lie in the rectangle around all changes: beside a
    log at the bottom and a clock at the top that is everything, 7 to 10 ms each time. Nor is asked
    what lies behind: the five containers around a pane took 1 ms each time.

    And Textual's tells no widget that its size is another one, or that it is to be seen, when
    somebody has looked at the layout between the change and the next frame.
    """

    _changed: tuple[Region, ...] = ()
    _laid_out: frozenset[Widget] = frozenset()  # in the last frame

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay all out anew; which widgets are hidden, shown, and of another size since then."""
        hidden = super().reflow(parent, size).hidden
        places = self._full_map  # as it was laid out just now; `full_map` might do so again
        known, self._laid_out = self._laid_out, frozenset(places)
        stayed = known & self._laid_out
        resized = {one for one in stayed if one.outer_size != places[one].region.size}
        return ReflowResult(hidden, set(self._laid_out - known), resized)

    def render_partial_update(self) -> ChopsUpdate | None:
        """The parts of the screen that have changed."""
        self._changed = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._changed = ()

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """The rows of each widget, front to back, with its region and what it is clipped to."""
        if not self._changed:
            yield from super()._get_renders(crop)
            return
        open_parts = self._changed  # in which something farther back is to be seen
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            if any(map(seen.overlaps, open_parts)):
                yield region, clip, widget.render_lines(seen.translate(-region.offset))
                open_parts = tuple(p for p in open_parts if not seen.contains_region(p))
                if not open_parts:
                    return
