"""What is put together of the screen is what changed, all of it, and no more."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from knetui.screens.compositor import NarrowCompositor

WORDS = ("one", "two words", "three\nlines\nof text", "", "a line that is wider than its place is")


class Watched(Static):
    """Counts how often it is asked for its rows."""

    asked = 0

    def render_lines(self, crop: object) -> list[Strip]:
        self.asked += 1
        return super().render_lines(crop)  # type: ignore[arg-type]


class Around(Horizontal):
    """As `Watched`, with others in front of it."""

    asked = 0

    def render_lines(self, crop: object) -> list[Strip]:
        self.asked += 1
        return super().render_lines(crop)  # type: ignore[arg-type]


class Told(Static):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__("told", id="told")
        self.sizes: list[tuple[int, int]] = []
        self.shown = 0

    def on_resize(self, event: Resize) -> None:
        self.sizes.append(event.size)

    def on_show(self) -> None:
        self.shown += 1


class Pieces(Screen[None]):
    CSS = """
    Watched { height: 5; width: 1fr; border: round red; }
    #over { layer: above; width: 20; height: 6; offset: 10 2; }
    Pieces { layers: below above; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = NarrowCompositor()

    def compose(self) -> ComposeResult:
        for row in range(3):
            with Vertical(), Around():
                for column in range(3):
                    yield Watched("", id=f"piece-{row}-{column}")
        yield Watched("over", id="over")


class PiecesApp(App[None]):
    def on_mount(self) -> None:
        self.push_screen(Pieces())


async def test_only_what_lies_where_something_changed_is_asked() -> None:
    app = PiecesApp()
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        pieces = list(app.screen.query(Watched))
        behind = list(app.screen.query(Around))
        for piece in (*pieces, *behind):
            piece.asked = 0
        for corner in ("#piece-0-2", "#piece-2-0"):  # the rectangle around them is all of it
            app.screen.query_one(corner, Static).update("another", layout=False)
        await pilot.pause()
        assert {piece.id for piece in pieces if piece.asked} == {"piece-0-2", "piece-2-0"}
        assert not any(one.asked for one in behind)


@pytest.mark.parametrize("seed", range(4))
async def test_the_terminal_shows_what_a_whole_picture_would(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = random.Random(seed)
    app = PiecesApp()
    shown: dict[tuple[int, int], str] = {}

    def display(self: App[None], screen: object, update: object) -> None:
        for y, line in enumerate(getattr(update, "chops", [])):
            spans = [(x1, x2) for row, x1, x2 in update.spans if row == y]  # type: ignore[attr-defined]
            for x, strip in line.items():
                for column, character in enumerate(strip.text if strip else "", x):
                    if any(x1 <= column < x2 for x1, x2 in spans):
                        shown[y, column] = character

    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        for y, strip in enumerate(app.screen._compositor.render_strips()):
            shown |= {(y, x): character for x, character in enumerate(strip.text)}
        monkeypatch.setattr(PiecesApp, "_display", display)
        pieces = list(app.screen.query(Watched))
        for _ in range(40):
            for piece in generator.sample(pieces, generator.randint(1, 3)):
                piece.update(generator.choice(WORDS), layout=False)
            await pilot.pause()
            for y, strip in enumerate(app.screen._compositor.render_strips()):
                assert "".join(shown[y, x] for x in range(60)) == strip.text


@asynccontextmanager
async def telling() -> AsyncIterator[tuple[Pilot[None], Told]]:
    """A screen with one more widget, which keeps what it is told."""
    app, told = PiecesApp(), Told()
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        await app.screen.mount(told)
        await pilot.pause()
        yield pilot, told


async def test_a_widget_is_told_its_size_though_the_layout_was_looked_at() -> None:
    async with telling() as (pilot, told):
        assert (told.sizes[-1], told.shown) == ((60, told.size.height), 1)
        for width in (30, 40):
            told.styles.width = width
            pilot.app.screen._compositor._full_map_invalidated = True  # as scrolling does
            pilot.app.screen.find_widget(told)
            await pilot.pause()
            assert told.sizes[-1] == (width, told.size.height)
        for shown in (2, 3):
            told.display = False
            await pilot.pause()
            told.display = True
            pilot.app.screen._compositor._full_map_invalidated = True
            pilot.app.screen.find_widget(told)
            await pilot.pause()
            assert (told.sizes[-1], told.shown) == ((40, told.size.height), shown)


async def test_a_widget_is_told_of_a_size_once() -> None:
    async with telling() as (pilot, told):
        for width in (30, 40, 40):
            told.styles.width = width
            pilot.app.screen.refresh(layout=True)
            await pilot.pause()
        assert [width for width, _ in told.sizes] == [60, 30, 40]
