"""How the panes share the screen: a tree of areas, shares that change, panes that are hidden."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

STEP = 0.05  # of an area's length, for one press of a key
SHARE_DIGITS = 4


@dataclass(frozen=True)
class Area:
    """Panes, or areas of panes, side by side or one below the other, with their first shares."""

    name: str
    across: bool
    parts: "Mapping[str | Area, float]"

    def __hash__(self) -> int:
        return hash(self.name)


ARRANGEMENT = Area(
    "panes",
    True,
    {
        Area("model-column", False, {"editor": 3, "repl": 2}): 1,
        Area(
            "run-column",
            False,
            {
                "curves": 3,
                Area("texts", True, {"log": 1, "samples": 1}): 2,
                Area("tables", True, {"runs": 38, "memory": 22}): 2,
            },
        ): 1,
    },
)


@dataclass(frozen=True)
class Preset:
    """An arrangement for one kind of work: the panes that are out of its way, other shares."""

    name: str
    hidden: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=lambda: dict[str, float]())


PRESETS = (
    Preset("all panes"),
    Preset(
        "a model and what it writes",
        ("repl", "log", "runs", "memory"),
        {"model-column": 1.0, "run-column": 1.0, "curves": 2.0, "texts": 3.0},
    ),
    Preset("a model and its curves", ("repl", "samples", "memory"), {"curves": 4.0, "tables": 1.5}),
    Preset("curves, log and runs", ("editor", "repl", "samples"), {"curves": 4.0}),
    Preset("a model and the prompt", ("curves", "log", "samples", "runs", "memory")),
)
LEAST = {True: 12, False: 3}  # columns and rows that a pane keeps
Part = str | Area


def name_of(part: Part) -> str:
    """The name of a pane or of an area."""
    return part if isinstance(part, str) else part.name


def areas(area: Area = ARRANGEMENT) -> Iterator[Area]:
    """The area and all those within it."""
    yield area
    for part in area.parts:
        if isinstance(part, Area):
            yield from areas(part)


def panes_of(part: Part) -> Iterator[str]:
    """The names of the panes within a part."""
    if isinstance(part, str):
        yield part
    else:
        for inner in part.parts:
            yield from panes_of(inner)


def least_size(part: Part, *, across: bool) -> int:
    """The columns or rows that a part keeps when a border is moved."""
    if isinstance(part, str):
        return LEAST[across]
    sizes = [least_size(inner, across=across) for inner in part.parts]
    return sum(sizes) if part.across == across else max(sizes)


class Border(msgspec.Struct, frozen=True):
    """Between two neighbours of an area."""

    area: Area
    before: Part
    after: Part


class Layout(msgspec.Struct):
    """What differs from the first arrangement; remembered from one start to the next.

    hidden: the panes that the user does not want to see.
    left_out: those that have nothing to show.
    """

    zoomed: bool = False
    hidden: list[str] = msgspec.field(default_factory=lambda: list[str]())
    left_out: list[str] = msgspec.field(default_factory=lambda: ["samples"])
    shares: dict[str, float] = msgspec.field(default_factory=lambda: dict[str, float]())

    def share(self, area: Area, part: Part) -> float:
        """The share of a part among its neighbours; of a damaged session, the first one."""
        share = self.shares.get(name_of(part), 0.0)
        return share if 0 < share < 1e6 else area.parts[part]

    @property
    def away(self) -> list[str]:
        """The panes that are not to be seen."""
        return [*self.hidden, *self.left_out]

    def shows(self, part: Part) -> bool:
        """Whether anything of the part is to be seen."""
        return any(pane not in self.away for pane in panes_of(part))

    def shown_parts(self, area: Area) -> list[Part]:
        """The parts of an area that are to be seen, in order."""
        return [part for part in area.parts if self.shows(part)]

    def hide(self, pane: str) -> bool:
        """Hide a pane; whether that could be done: the last one stays."""
        others = [name for name in panes_of(ARRANGEMENT) if name not in (pane, *self.away)]
        if others and pane not in self.hidden:
            self.hidden.append(pane)
        return bool(others)

    def show(self, pane: str) -> None:
        """Show a pane again."""
        self.hidden = [name for name in self.hidden if name != pane]
        self.left_out = [name for name in self.left_out if name != pane]

    def reset(self) -> None:
        """Be as at the first start."""
        self.take(PRESETS[0])

    def take(self, preset: Preset) -> None:
        """Be as a preset says."""
        self.zoomed, self.hidden, self.shares = False, list(preset.hidden), dict(preset.shares)

    def next_preset(self) -> Preset:
        """The preset after the one that holds; of a layout of the user's own, the first."""
        here = (set(self.hidden), self.shares)
        held = [i for i, one in enumerate(PRESETS) if (set(one.hidden), one.shares) == here]
        return PRESETS[(held[0] + 1) % len(PRESETS)] if held else PRESETS[0]

    def border_of(self, pane: str, *, across: bool) -> Border | None:
        """The border that a key moves: behind the pane, or before it where it is the last."""
        for area, part in _way_to(pane):
            shown = self.shown_parts(area)
            if area.across == across and len(shown) > 1:
                first = min(shown.index(part), len(shown) - 2)
                return Border(area, shown[first], shown[first + 1])
        return None

    def border_at(self, pane: str, *, across: bool, behind: bool) -> Border | None:
        """The border at one side of a pane, or None at the edge of the screen."""
        for area, part in _way_to(pane):
            shown = self.shown_parts(area)
            place = shown.index(part) + (0 if behind else -1)
            if area.across == across and 0 <= place < len(shown) - 1:
                return Border(area, shown[place], shown[place + 1])
        return None

    def move(self, border: Border, cells: int, sizes: Mapping[str, int]) -> bool:
        """Move a border by so many cells, given the sizes of its area's parts; whether it moved.

        No part gets smaller than it can be used, unless it was already.
        """
        across = border.area.across
        before, after = name_of(border.before), name_of(border.after)
        most = max(0, sizes[after] - least_size(border.after, across=across))
        fewest = min(0, least_size(border.before, across=across) - sizes[before])
        cells = min(most, max(fewest, cells))
        shown = self.shown_parts(border.area)
        total = sum(self.share(border.area, part) for part in shown)
        now = {name_of(part): sizes[name_of(part)] for part in shown}
        now[before] += cells
        now[after] -= cells
        scale = total / max(1, sum(now.values()))
        for part, size in now.items():
            self.shares[part] = round(max(size, 1) * scale, SHARE_DIGITS)
        return cells != 0


def _way_to(pane: str) -> list[tuple[Area, Part]]:
    """The areas around a pane, from the innermost out, each with its part that holds the pane."""

    def down(area: Area) -> list[tuple[Area, Part]] | None:
        for part in area.parts:
            if part == pane:
                return [(area, part)]
            if isinstance(part, Area) and (way := down(part)) is not None:
                return [*way, (area, part)]
        return None

    return down(ARRANGEMENT) or []
