"""The themes of our own: their contrasts, and the colours of their curves."""

import itertools
import json
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from knetui.app import KnetApp
from knetui.themes import (
    HIGH_CONTRAST,
    OWN_THEMES,
    contrast,
    curve_palette,
    theme_after,
)

NAMES = [theme.name for theme in OWN_THEMES]
GROUNDS = ("background", "surface", "panel")


def rgb(name: str | None) -> tuple[int, int, int]:
    assert name is not None
    colour = Color.parse(name)
    return colour.r, colour.g, colour.b


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)  # WCAG's


@pytest.mark.parametrize("theme", OWN_THEMES, ids=NAMES)
def test_text_can_be_read_on_every_ground(theme: Theme) -> None:
    least = 7.0 if theme is HIGH_CONTRAST else 4.5
    texts = [theme.foreground, theme.accent, theme.error, theme.warning, theme.success]
    texts += [theme.variables["text-muted"], theme.variables["text-disabled"]]
    for ground, text in itertools.product(GROUNDS, texts):
        found = contrast(rgb(text), rgb(getattr(theme, ground)))
        assert found >= least - 1e-9, (theme.name, ground, text, found)


@pytest.mark.parametrize("theme", OWN_THEMES, ids=NAMES)
def test_curves_can_be_seen_and_differ(theme: Theme) -> None:
    palette = curve_palette(theme)
    least = 7.0 if theme is HIGH_CONTRAST else 4.5
    colours = [colour for pair in palette for colour in pair]
    assert len(set(colours)) == len(colours)
    for colour in colours:
        assert contrast(colour, rgb(theme.background)) >= least


def test_the_key_goes_round_all_themes() -> None:
    seen = list(itertools.accumulate(NAMES, lambda name, _: theme_after(name)))
    assert sorted(seen) == sorted(NAMES)
    assert theme_after("textual-dark") == NAMES[0]


@pytest.mark.parametrize("theme", OWN_THEMES, ids=lambda theme: theme.name)
async def test_the_first_frame_has_the_colours_of_the_theme(home: Path, theme: Theme) -> None:
    home.mkdir()
    (home / "session-1.json").write_text(json.dumps({"theme": theme.name}))
    app = KnetApp()
    async with app.run_test():
        assert theme.background is not None
        assert app.screen.styles.background == Color.parse(theme.background)
        assert app.has_class("-dark-mode") == theme.dark
