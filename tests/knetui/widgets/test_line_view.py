"""Lines are painted and laid out no more than needed, and never less."""

from collections.abc import Iterator

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Log

from knetui.widgets.line_view import LineView
from knetui.widgets.pane import Pane

ROWS = 10


class Lines(Log, LineView):
    DEFAULT_CSS = "Lines { overflow-y: auto; overflow-x: hidden; }"


class LinesAlone(App[None]):
    def compose(self) -> ComposeResult:
        yield Lines(auto_scroll=True)

    @property
    def lines(self) -> Lines:
        return self.query_one(Lines)

    def shown(self) -> list[Strip]:
        return self.screen._compositor.render_strips()


@pytest.fixture
def layouts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[None]]:
    """Has an item for each time that the screen was laid out."""
    found: list[None] = []
    lay_out = Screen._refresh_layout

    def noted(screen: Screen[None], *arguments: object, **settings: object) -> None:
        found.append(None)
        lay_out(screen, *arguments, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(Screen, "_refresh_layout", noted)
    return found


async def test_lines_lay_out_the_screen_only_when_the_scroll_bar_comes(layouts: list[None]) -> None:
    app = LinesAlone()
    async with app.run_test(size=(40, ROWS)) as pilot:
        await pilot.pause()
        layouts.clear()
        for number in range(ROWS):
            app.lines.write_line(f"line {number}")
            await pilot.pause()
        assert not layouts
        app.lines.write_line("one more")
        await pilot.pause()
        came = len(layouts)
        assert came > 0
        assert app.lines.show_vertical_scrollbar
        for number in range(5 * ROWS):
            app.lines.write_line(f"line {number}")
            await pilot.pause()
        assert len(layouts) == came
        assert app.lines.is_vertical_scroll_end
        assert app.lines.vertical_scrollbar.window_virtual_size == 6 * ROWS + 1
        assert app.shown()[-1].text.startswith(f"line {5 * ROWS - 1}")


async def test_only_rows_that_changed_are_painted() -> None:
    app = LinesAlone()
    async with app.run_test(size=(40, ROWS)) as pilot:
        app.lines.write_lines(["zero", "one", "two"])
        await pilot.pause()
        app.lines.refresh()
        assert list(app.lines._exchange_repaint_regions()) == []
        app.lines._lines[1] = "another"
        app.lines._render_line_cache.clear()
        app.lines.refresh()
        assert list(app.lines._exchange_repaint_regions()) == [Region(0, 1, 40, 1)]
        grounds = [{s.style and s.style.bgcolor for s in strip} for strip in app.shown()]
        app.lines.styles.background = "red"
        await pilot.pause()
        others = [{s.style and s.style.bgcolor for s in strip} for strip in app.shown()]
        assert not any(one & other for one, other in zip(grounds, others, strict=True))


async def test_a_row_that_changed_in_passing_and_back_is_painted() -> None:
    """What is painted as a part is not looked at: it may differ from what is remembered."""
    app = LinesAlone()
    async with app.run_test(size=(40, ROWS)) as pilot:

        def put(word: str) -> None:
            app.lines._lines[1] = word
            app.lines._render_line_cache.clear()

        app.lines.write_lines(["zero", "one", "two"])
        await pilot.pause()
        put("another")
        app.lines.refresh(Region(0, 1, 40, 1))
        await pilot.pause()
        assert app.shown()[1].text.startswith("another")
        put("one")
        app.lines.refresh()
        await pilot.pause()
        assert app.shown()[1].text.startswith("one")


async def test_what_changed_while_it_was_hidden_is_seen_afterwards() -> None:
    app = LinesAlone()
    async with app.run_test(size=(40, ROWS)) as pilot:
        app.lines.write_lines(["zero", "one", "two"])
        await pilot.pause()
        app.lines.display = False
        await pilot.pause()
        app.lines.write_line("three")
        await pilot.pause()
        app.lines.display = True
        await pilot.pause()
        assert [strip.text.rstrip() for strip in app.shown()[:4]] == ["zero", "one", "two", "three"]


class PaneAlone(App[None]):
    def compose(self) -> ComposeResult:
        pane = Pane(3)
        pane.compose_add_child(Lines())
        yield pane


async def test_words_on_a_border_repaint_its_row_alone() -> None:
    app = PaneAlone()
    async with app.run_test(size=(40, ROWS)) as pilot:
        await pilot.pause()
        pane = app.query_one(Pane)
        for show, row in ((pane.show_title, 0), (pane.show_subtitle, ROWS - 1)):
            show("words [b]")
            assert list(pane._exchange_repaint_regions()) == [Region(0, row, 40, 1)]
            show("words [b]")
            assert list(pane._exchange_repaint_regions()) == []
            show("other words")
            await pilot.pause()
            assert "other words" in app.screen._compositor.render_strips()[row].text
        pane.show_subtitle("")
        await pilot.pause()
        assert "words" not in app.screen._compositor.render_strips()[-1].text
