"""Our own themes beside Textual's, and the colours of curves that go with a theme.

All text of ours has a contrast (WCAG 2) of at least 4.5 to its ground, in `high-contrast` of 7; a
test computes it. So have curves, of which the first six are told apart by the colour-blind too.
"""

from textual.theme import Theme

Colour = tuple[int, int, int]
Pair = tuple[Colour, Colour]  # of a run: its first metric (train), its second (test)

DARK = Theme(
    name="dark",
    primary="#4f9fe0",
    secondary="#5fb0a5",
    accent="#ffb454",
    warning="#ffb454",
    error="#ff7b8a",
    success="#63d08a",
    foreground="#e2e2e2",
    background="#121417",
    surface="#1b1e23",
    panel="#262a31",
    dark=True,
    variables={
        "text-muted": "#a3a9b3",
        "text-disabled": "#8b919b",
        "block-cursor-background": "#2b5c8a",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#28394a",
    },
)
LIGHT = Theme(
    name="light",
    primary="#1f5f9c",
    secondary="#1d6b62",
    accent="#8a4b00",
    warning="#8a4b00",
    error="#b3203a",
    success="#1d6b35",
    foreground="#20242a",
    background="#fafaf7",
    surface="#efefea",
    panel="#e2e2dc",
    dark=False,
    variables={
        "text-muted": "#555b64",
        "text-disabled": "#5a6069",
        "footer-key-foreground": "#7a4200",
        "block-cursor-background": "#1f5f9c",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#c4d6e6",
    },
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#8cc8ff",
    secondary="#7fe3d4",
    accent="#ffe14d",
    warning="#ffe14d",
    error="#ff9a9a",
    success="#7dff9b",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    dark=True,
    variables={
        "text-muted": "#d0d0d0",
        "text-disabled": "#b8b8b8",
        "foreground-muted": "#d0d0d0",
        "block-cursor-background": "#ffe14d",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#4a4a00",
        "border-blurred": "#8c8c8c",
        "scrollbar": "#c0c0c0",
    },
)
# Blue and orange instead of green and red, as Okabe and Ito advise.
COLOUR_BLIND = Theme(
    name="colour-blind",
    primary="#56b4e9",
    secondary="#009e73",
    accent="#f0e442",
    warning="#e69f00",
    error="#ff8c42",
    success="#56b4e9",
    foreground="#f0f0f0",
    background="#0b0c0e",
    surface="#15171a",
    panel="#22262b",
    dark=True,
    variables={
        "text-muted": "#b0b4ba",
        "text-disabled": "#969ba3",
        "block-cursor-background": "#0072b2",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#173a52",
    },
)
OWN_THEMES = (DARK, LIGHT, HIGH_CONTRAST, COLOUR_BLIND)
FIRST_THEME = DARK.name

# Of the eight colours of Okabe and Ito (2008) the six whose contrast to black is 4.5 or more: their
# blue has 4.0, their black none. The two that follow stand for those, and may be confused.
OKABE_ITO: tuple[Pair, ...] = (
    ((86, 180, 233), (190, 225, 245)),
    ((230, 159, 0), (255, 218, 140)),
    ((0, 158, 115), (140, 220, 195)),
    ((204, 121, 167), (240, 200, 222)),
    ((240, 228, 66), (250, 245, 180)),
    ((213, 94, 0), (250, 175, 120)),
    ((90, 140, 255), (180, 205, 255)),
    ((190, 190, 190), (230, 230, 230)),
)
ON_LIGHT: tuple[Pair, ...] = (
    ((0, 105, 165), (0, 60, 100)),
    ((160, 95, 0), (105, 60, 0)),
    ((0, 115, 84), (0, 72, 52)),
    ((170, 70, 125), (115, 40, 82)),
    ((112, 104, 0), (74, 68, 0)),
    ((185, 65, 0), (125, 42, 0)),
    ((70, 80, 200), (40, 48, 140)),
    ((95, 95, 95), (50, 50, 50)),
)
ON_BLACK: tuple[Pair, ...] = (
    ((110, 200, 255), (200, 232, 250)),
    ((255, 180, 40), (255, 224, 160)),
    ((40, 205, 155), (160, 235, 210)),
    ((255, 150, 205), (255, 210, 232)),
    ((240, 228, 66), (250, 245, 180)),
    ((255, 130, 60), (255, 190, 150)),
    ((150, 180, 255), (205, 218, 255)),
    ((200, 200, 200), (240, 240, 240)),
)


def curve_palette(theme: Theme) -> tuple[Pair, ...]:
    """For each of up to eight runs, the colours of its first and its second metric."""
    if not theme.dark:
        return ON_LIGHT
    return ON_BLACK if theme.name == HIGH_CONTRAST.name else OKABE_ITO


def theme_after(name: str) -> str:
    """Our theme after that one; our first after any other."""
    names = [theme.name for theme in OWN_THEMES]
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]


def least_contrast(theme: Theme) -> float:
    """How much text has to differ from its ground at least."""
    return 7.0 if theme.name == HIGH_CONTRAST.name else 4.5


def readable(colour: Colour, ground: Colour, theme: Theme) -> Colour:
    """The colour, as much nearer to black or white as text on that ground needs."""
    end = 255 if theme.dark else 0
    share = 0.0
    found = colour
    while contrast(found, ground) < least_contrast(theme) and share < 1:
        share += 0.05
        red, green, blue = (round(c + share * (end - c)) for c in colour)
        found = (red, green, blue)
    return found


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours by WCAG 2, from 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
