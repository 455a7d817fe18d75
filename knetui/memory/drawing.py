"""A run's memory as coloured text: the map, figures, sizes, holders, answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from knetui.byte_sizes import in_bytes
from knetui.fence import fence
from knetui.memory.map import (
    FREE,
    GLYPHS,
    IN_USE,
    LABEL,
    SPLIT,
    WAITING,
    WORDS,
    Map,
    size_classes,
)
from knetui.memory.tables import (
    ANSWER_HEAD,
    CLASS_HEAD,
    answer_words,
    bar,
    class_words,
    failure_words,
    figure_rows,
    first_failure,
    holder_words,
    process_rows,
    traced_words,
)

if TYPE_CHECKING:  # the workbench starts without the engine's arrays, which saves 50 ms
    from knetengine.training.memory_pictures import Holding, Picture, PoolPicture
    from knetengine.training.memory_traces import Answer

Colour = Callable[[str], str]
"""The colour of a state of the map's, by its letter."""


def map_text(drawn: Map, colour: Colour) -> Text:
    """The rows of the map, each with the class of its segments."""
    text = _text()
    for row in drawn.rows:
        text.append(f"{row.label:<{LABEL}} ", "dim")
        text.append_text(cells_text(row.cells, colour))
        text.append("\n")
    text.rstrip()
    return text


def cells_text(cells: str, colour: Colour) -> Text:
    """Cells as glyphs in colours, a piece of text for each stretch of a colour."""
    text = _text()
    start = 0
    for end in range(1, len(cells) + 1):
        if end == len(cells) or colour(cells[end]) != colour(cells[start]):
            text.append("".join(GLYPHS[cell] for cell in cells[start:end]), colour(cells[start]))
            start = end
    return text


def legend(device: str) -> str:
    """What the glyphs of the map mean; on the CPU nothing ever waits."""
    states = (IN_USE, SPLIT, FREE) if device == "cpu" else (IN_USE, SPLIT, FREE, WAITING)
    return "  ".join(f"{GLYPHS[state]} {WORDS[state]}" for state in states)


def figures_text(picture: Picture, pool: PoolPicture | None, workbench: int | None) -> Text:
    """The figures of a pool, of the process, and of a `workbench` that holds so many bytes."""
    text = _text()
    rows = process_rows(picture, workbench)
    if pool is not None:
        text.append(f"{'':<11}{'now':>10}  at most\n", "dim")
        rows = [*figure_rows(pool), *rows]
    for name, now, peak in rows:
        text.append(f"{name:<11}", "dim")
        text.append(f"{now:>10}")
        text.append(f"  {peak}\n", "" if peak[:1].isdigit() else "dim")
    text.rstrip()
    return text


def classes_text(pool: PoolPicture, width: int, colour: Colour) -> Text:
    """The blocks and free pieces by their size, the largest first, with a bar for their bytes."""
    text = _text()
    text.append(f"{CLASS_HEAD}\n", "dim")
    found = size_classes(pool.segments, pool.stats.histogram)
    most = max((one.bytes for one in found), default=0)
    room = max(0, width - len(CLASS_HEAD) - 1)
    for one in reversed(found):
        text.append(f"{class_words(one)} ")
        letters = zip((IN_USE, SPLIT, FREE), bar(one, most, room), strict=True)
        cells = "".join(letter * count for letter, count in letters)
        text.append_text(cells_text(cells[:room], colour))
        text.append("\n")
    text.rstrip()
    return text


def holders_text(holders: Sequence[Holding], nobody: str) -> Text:
    """Who holds what; `nobody` is said of blocks whose line is not known."""
    text = _text()
    for holding in holders:
        size, blocks, where = holder_words(holding)
        text.append(f"{size:>9}")
        text.append(f"  {blocks:<18} ", "dim")
        text.append(f"{fence(where) or nobody}\n", "" if where else "dim")
    if not holders:
        text.append("nobody holds anything", "dim")
    text.rstrip()
    return text


def answers_text(limit: int, found: Sequence[Answer], colour: Colour) -> Text:
    """What would become of the run under a limit, by each policy, and who holds most then."""
    text = _text()
    text.append(f"under {in_bytes(limit)}: {traced_words(found[0])}\n", "bold")
    text.append(f"{ANSWER_HEAD}\n", "dim")
    for answer in found:
        figures, verdict = answer_words(answer)
        fails = answer.failed_step is not None
        text.append(f"{figures}  ")
        text.append(f"{verdict}\n", f"bold {colour(SPLIT if fails else IN_USE)}")
    failed = first_failure(found)
    if failed is not None:
        text.append(f"{failed.policy}: {failure_words(failed)}\n", "dim")
        text.append_text(holders_text(failed.holders, "from before the trace"))
    text.rstrip()
    return text


def _text() -> Text:
    return Text(no_wrap=True, overflow="crop")
