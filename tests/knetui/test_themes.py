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
    least_contrast,
    readable,
    theme_after,
)
from knetui.widgets.editor.syntax_colours import syntax_theme

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
    least = least_contrast(theme)
    assert least == (7.0 if theme is HIGH_CONTRAST else 4.5)
    texts = [theme.foreground, theme.accent, theme.error, theme.warning, theme.success]
    texts += [theme.variables["text-muted"], theme.variables["text-disabled"]]
    for ground, text in itertools.product(GROUNDS, texts):
        found = contrast(rgb(text), rgb(getattr(theme, ground)))
        assert found >= least - 1e-9, (theme.name, ground, text, found)


@pytest.mark.parametrize("theme", OWN_THEMES, ids=NAMES)
def test_curves_can_be_seen_and_differ(theme: Theme) -> None:
    palette = curve_palette(theme)
    colours = [colour for pair in palette for colour in pair]
    assert len(set(colours)) == len(colours)
    for colour in colours:
        assert contrast(colour, rgb(theme.background)) >= least_contrast(theme)


@pytest.mark.parametrize("theme", OWN_THEMES, ids=NAMES)
def test_code_can_be_read(theme: Theme) -> None:
    assert theme.background is not None
    code = syntax_theme(theme, Color.parse(theme.background))
    colours = {style.color for style in code.syntax_styles.values() if style.color is not None}
    assert len(colours) >= 8
    for colour in colours:
        found = contrast(colour.get_truecolor(), rgb(theme.background))
        assert found >= least_contrast(theme)


def test_what_can_be_read_stays_as_it_is() -> None:
    (dark, light, *_) = OWN_THEMES
    ground = rgb(light.background)
    assert readable((0, 0, 90), ground, light) == (0, 0, 90)
    orange = readable((227, 98, 9), ground, light)
    assert contrast(orange, ground) >= 4.5
    assert orange[0] > orange[1] > orange[2]  # orange still
    assert readable((120, 0, 0), rgb(dark.background), dark)[0] > 120


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
