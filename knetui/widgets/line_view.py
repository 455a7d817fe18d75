"""A scrolled view of lines, painted and laid out no more than what changed asks for."""

from collections.abc import Collection

from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip


class LineView(ScrollView):
    """Lines that change often, in a place that stays; to be inherited from behind the widget.

    Textual lays the whole screen out anew when the size of what is scrolled changes, 15 ms for
    ours; here only the scroll bar is told, and one that appears or goes still does so. And it
    paints a widget whole whatever has changed in it: 10 ms for a key typed into the editor, of
    which one row is another one then; here rows that are as they were are left alone.
    """

    virtual_size = Reactive(Size(0, 0))
    _painted: tuple[object, list[Strip | None]] = None, []  # on what ground, and the rows
    _is_stale = True  # whether rows may be other ones than Textual's cache has

    def watch_virtual_size(self, size: Size) -> None:
        """Tell the scroll bars, and keep the place within what is there."""
        self._scroll_update(size)

    def _set_dirty(self, *regions: Region) -> None:
        """Textual's, which forgets what was painted; here it is looked at again first."""
        if regions or any(self.styles.gutter) or not self.outer_size:
            super()._set_dirty(*regions)
            self._forget(regions)
        else:
            self._repaint_regions = {self.outer_size.region}
            self._is_stale = True

    def _forget(self, regions: tuple[Region, ...]) -> None:
        """These parts are painted without a look at what was there before."""
        rows = self._painted[1]
        if not regions:
            self._painted = None, []
        for region in regions:
            rows[region.y : region.bottom] = [None] * len(rows[region.y : region.bottom])

    def _exchange_repaint_regions(self) -> Collection[Region]:
        """What is to be painted now; of the whole view, the rows that are other ones."""
        regions = super()._exchange_repaint_regions()
        if not self._is_stale:
            return regions
        ground = self.size, self.background_colors, self.opacity
        rows: list[Strip | None] = [self.render_line(y) for y in range(self.size.height)]
        (painted_ground, painted), self._painted = self._painted, (ground, rows)
        if painted_ground != ground:
            self._styles_cache.clear()
            self._is_stale = False
            return regions
        pairs = enumerate(zip(painted, rows, strict=True))
        changed = [Region(0, y, self.size.width, 1) for y, (old, new) in pairs if old != new]
        if changed:
            self._styles_cache.set_dirty(*changed)
        self._is_stale = False
        return changed

    def known_row(self, y: int) -> Strip | None:
        """The row as it was found when it was compared, if nothing has changed since."""
        rows = self._painted[1]
        return None if self._is_stale or y >= len(rows) else rows[y]

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows, for Textual; it may ask for other reasons than a change of them."""
        if self._is_stale:
            self._styles_cache.clear()
            self._painted = None, []
            self._is_stale = False
        return super().render_lines(crop)
