"""The colours of code: Textual's, made such as can be read on the ground of the app's theme."""

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.theme import Theme
from textual.widgets.text_area import TextAreaTheme

from knetui.themes import readable


def syntax_theme(theme: Theme, ground: Color) -> TextAreaTheme:
    """A theme for text areas by the name of the app's; all but syntax is as the CSS says."""
    textuals = TextAreaTheme.get_builtin_theme("css" if theme.dark else "github_light")
    assert textuals is not None
    styles = {name: _on(ground, style, theme) for name, style in textuals.syntax_styles.items()}
    return TextAreaTheme(theme.name, syntax_styles=styles)


def _on(ground: Color, style: Style, theme: Theme) -> Style:
    if style.color is None:
        return style
    colour = readable(style.color.get_truecolor(), ground.rgb, theme)
    return style + Style(color=RichColor.from_rgb(*colour))
