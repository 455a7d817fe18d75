"""Charts as one picture, one below the other: as SVG, and in pixels as PNG."""

from __future__ import annotations

from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Literal, NamedTuple

from knetui.charts.chart import Chart, Layout, Line, lay_out
from knetui.charts.polyline import thinned
from knetui.fence import fence

if TYPE_CHECKING:
    from PIL import ImageDraw

WIDTH, HEIGHT = 960, 400  # of a chart; all of these in pixels
LEFT, RIGHT, TOP, BOTTOM = 84, 24, 56, 44
LETTER = 12.0  # the width of one: of events that are closer together, the first is marked
TEXT_SIZE = 13
FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"
FINER = 2  # a PNG has so many pixels for each of these, and is drawn in twice as many again

Place = tuple[float, float]
Ink = tuple[int, int, int]
INK, FADED, EVENT = (0x33, 0x33, 0x33), (0xDD, 0xDD, 0xDD), (0xA0, 0x60, 0x00)


class Stroke(NamedTuple):
    """A line through places, or the area within them."""

    places: list[Place]
    ink: Ink
    width: float = 1.0
    dashed: bool = False
    filled: bool = False


class Words(NamedTuple):
    """Text whose base line begins, is centred, or ends at a place."""

    place: Place
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


Shape = Stroke | Words


class Picture(NamedTuple):
    """Shapes on a white ground, the first at the bottom."""

    height: int
    shapes: list[Shape]


def picture(charts: list[Chart], heading: str) -> Picture:
    """The charts below one another, with the heading above them."""
    shapes: list[Shape] = []
    for number, chart in enumerate(charts):
        shapes += (_moved(shape, number * HEIGHT) for shape in _chart(chart))
    shapes.append(Words((WIDTH - RIGHT, 18), heading, "end"))
    return Picture(HEIGHT * len(charts), shapes)


def svg(drawn: Picture) -> str:
    """The picture as lines and words."""
    parts = "\n".join(_element(shape) for shape in drawn.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{drawn.height}"'
        f' viewBox="0 0 {WIDTH} {drawn.height}" font-family="{FONT}" font-size="{TEXT_SIZE}"'
        f' fill="{_hex(INK)}">\n<rect width="{WIDTH}" height="{drawn.height}" fill="#ffffff"/>\n'
        f"{parts}\n</svg>\n"
    )


def png(drawn: Picture) -> bytes:
    """The picture in pixels, in Pillow's own font: it looks the same on a server without fonts."""
    from PIL import Image, ImageDraw, ImageFont

    size = (WIDTH * FINER, drawn.height * FINER)
    image = Image.new("RGB", (2 * size[0], 2 * size[1]), "white")
    pen = ImageDraw.Draw(image)
    for shape in drawn.shapes:
        if isinstance(shape, Stroke):
            _draw_stroke(pen, shape, 2 * FINER)
    image = image.resize(size, Image.Resampling.BOX)  # soft edges
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(TEXT_SIZE * FINER)
    for shape in drawn.shapes:
        if isinstance(shape, Words):
            x, y = shape.place
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]
            weight = 1 if shape.bold else 0
            at = (x * FINER, y * FINER)
            pen.text(at, fence(shape.text), INK, font, anchor, stroke_width=weight)
    stream = BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


# what there is to draw


def _chart(chart: Chart) -> list[Shape]:
    """One chart, as if it were the first."""
    layout = lay_out(chart)
    shapes: list[Shape] = [Words((LEFT, 22), chart.title, bold=True)]
    if layout is not None:
        shapes += [*_grid(layout, chart.x_name), *_marks(chart, layout)]
        across = float(LEFT)
        for line in layout.lines:
            x, y = thinned(line, layout.x, layout.y, WIDTH)
            places = [(_across(a), _down(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
            shapes.append(Stroke(places, line.colour, 1.6))
            if line.name:
                shapes.append(Stroke([(across, 38), (across + 18, 38)], line.colour, 3))
                shapes.append(Words((across + 24, 42), line.name))
                across += 44 + 7.5 * len(line.name)
        shapes += (diamond for line in chart.lines for diamond in _best(line, layout))
    return shapes


def _grid(layout: Layout, name: str) -> list[Shape]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    shapes: list[Shape] = [Words((right, HEIGHT - 6), name, "end")]
    for share, text in layout.y.ticks(8):
        y = _down(share)
        shapes.append(Stroke([(LEFT, y), (right, y)], FADED))
        shapes.append(Words((LEFT - 8, y + 4), text, "end"))
    for share, text in layout.x.ticks(10):
        x = _across(share)
        shapes.append(Stroke([(x, TOP), (x, bottom)], FADED))
        shapes.append(Words((x, bottom + 18), text, "middle"))
    shapes.append(Stroke([(LEFT, TOP), (LEFT, bottom), (right, bottom)], INK))
    return shapes


def _marks(chart: Chart, layout: Layout) -> list[Shape]:
    shapes: list[Shape] = []
    taken = -LETTER
    for mark in sorted(chart.marks, key=lambda mark: mark.x):
        share = layout.x.place(mark.x)
        if share is not None and (x := _across(share)) >= taken + LETTER:
            taken = x
            shapes.append(Stroke([(x, TOP), (x, HEIGHT - BOTTOM)], EVENT, dashed=True))
            shapes.append(Words((x + 3, TOP + 12), mark.letter))
    return shapes


def _best(line: Line, layout: Layout) -> list[Shape]:
    if line.best is None:
        return []
    across, up = layout.x.place(line.best[0]), layout.y.place(line.best[1])
    if across is None or up is None:
        return []
    x, y = _across(across), _down(up)
    corners = [(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]
    return [Stroke(corners, line.colour, filled=True)]


def _moved(shape: Shape, down: int) -> Shape:
    if isinstance(shape, Words):
        return shape._replace(place=(shape.place[0], shape.place[1] + down))
    return shape._replace(places=[(x, y + down) for x, y in shape.places])


def _across(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _down(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


# how it is drawn


def _element(shape: Shape) -> str:
    if isinstance(shape, Words):
        (x, y), weight = shape.place, ' font-weight="bold"' if shape.bold else ""
        where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{shape.anchor}"{weight}'
        return f"<text {where}>{escape(fence(shape.text))}</text>"
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.places)
    if shape.filled:
        return f'<polygon points="{points}" fill="{_hex(shape.ink)}"/>'
    dashes = ' stroke-dasharray="3 3"' if shape.dashed else ""
    return (
        f'<polyline points="{points}" fill="none" stroke="{_hex(shape.ink)}"'
        f' stroke-width="{shape.width:g}" stroke-linejoin="round"{dashes}/>'
    )


def _draw_stroke(pen: ImageDraw.ImageDraw, stroke: Stroke, scale: int) -> None:
    places = [(x * scale, y * scale) for x, y in stroke.places]
    if stroke.filled:
        pen.polygon(places, stroke.ink)
    elif stroke.dashed:  # a vertical one
        (x, top), (_, bottom) = places
        for y in range(round(top), round(bottom), 6 * scale):
            pen.line([(x, y), (x, y + 3 * scale)], stroke.ink, round(stroke.width * scale))
    else:
        pen.line(places, stroke.ink, round(stroke.width * scale), joint="curve")


def _hex(ink: Ink) -> str:
    return "#{:02x}{:02x}{:02x}".format(*ink)
