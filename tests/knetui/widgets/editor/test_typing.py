"""Typing code: pairs, indents, comments, undo."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.events import Key, Paste

Edit = Callable[..., Any]


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        ("f|", ["left_parenthesis"], "f(|)"),
        ("f(|)", ["right_parenthesis"], "f()|"),
        ("f(|)", ["backspace"], "f|"),
        ("f(|)", ["enter"], "f(\n    |\n)"),
        ('x = "a|"', ["left_parenthesis"], 'x = "a(|"'),
        ('x = f"{|}"', ["left_square_bracket"], 'x = f"{[|]}"'),
        ("# don|", ["apostrophe"], "# don'|"),
        ("if x:|", ["enter", "y"], "if x:\n    y|"),
        ("        |x", ["backspace"], "    |x"),
        ("    x|", ["ctrl+underscore"], "    # x|"),
        ("    # x|", ["ctrl+underscore"], "    x|"),
        ("    x|", ["shift+tab"], "x|"),
        ("x|", ["ctrl+right_square_bracket"], "    x|"),
        ("|", ["tab", "x"], "    x|"),
        ("one two|", ["ctrl+w"], "one |"),
        ("x|\ny", ["alt+q"], "x|\ny"),  # bound to nothing: no letter either
    ],
)
async def test_a_key_in_code(edit: Edit, before: str, keys: list[str], after: str) -> None:
    app = edit(before)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        assert app.text == after


async def test_selected_lines_move_and_become_comments_together(edit: Edit) -> None:
    app = edit("|if x:\n    y = 1\nz = 2\n")
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("shift+down", "shift+down")  # to the beginning of the third: not it
        await pilot.press("ctrl+underscore")
        assert app.editor.area.text == "# if x:\n#     y = 1\nz = 2\n"
        await pilot.press("ctrl+underscore")
        await pilot.press("tab")
        assert app.editor.area.text == "    if x:\n        y = 1\nz = 2\n"
        await pilot.press("shift+tab")
        assert app.editor.area.text == "if x:\n    y = 1\nz = 2\n"
        assert app.editor.area.selected_text == "if x:\n    y = 1\n"


async def test_selected_text_is_put_into_brackets(edit: Edit) -> None:
    app = edit("|loss(w)")
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("shift+end", "left_parenthesis")
        assert app.editor.area.text == "(loss(w))"
        assert app.editor.area.selected_text == "loss(w)"


async def test_undo_goes_back_beyond_a_save(edit: Edit) -> None:
    app = edit("x = |")
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("1")
        app.editor.saved()
        await pilot.press("2")
        app.editor.saved()
        await pilot.press("ctrl+z")
        assert app.text == "x = 1|"
        await pilot.press("ctrl+z")
        assert app.text == "x = |"
        await pilot.press("ctrl+y", "ctrl+y")
        assert app.text == "x = 12|"


async def test_lines_that_are_pasted_end_as_those_of_the_text(edit: Edit) -> None:
    app = edit("|")
    async with app.run_test() as pilot:
        await pilot.pause()
        app.post_message(Paste("a(\r\nb\rc"))
        await pilot.pause()
        assert app.text == "a(\nb\nc|"


async def test_keys_that_arrive_together_take_effect_in_their_order(edit: Edit) -> None:
    app = edit("on|e\ntwo")
    async with app.run_test() as pilot:
        await pilot.pause()
        for key, character in (
            *(("end", None), ("x", "x"), ("ctrl+f", None), ("t", "t"), ("w", "w")),
            *(("escape", None), ("end", None), ("y", "y")),
        ):
            app.post_message(Key(key, character))
        await pilot.pause(0.2)
        assert app.text == "onex\ntwoy|"


@pytest.mark.parametrize("row", [0, 1500, 2999])
async def test_code_is_coloured_at_any_length(edit: Edit, row: int) -> None:
    app = edit("\n".join(["def f(x):"] * 3000))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.editor.area.move_cursor((row, 9))
        await pilot.pause()
        colours = colours_of(app, row)
        assert len({colours["def"], colours["f"], colours["x"]}) == 3


async def test_colours_follow_an_edit_that_changes_all_that_follows(edit: Edit) -> None:
    app = edit('|\nx = 1\ny = 2\n"""\n')
    async with app.run_test() as pilot:
        await pilot.pause()
        before = colours_of(app, 2)
        await pilot.press(*["quotation_mark"] * 3)
        await pilot.press("delete", "delete", "delete")  # now it ends at the bottom
        assert colours_of(app, 2) != before
        await pilot.press("ctrl+z", "ctrl+z")
        assert colours_of(app, 2) == before


def colours_of(app: Any, row: int) -> dict[str, Any]:
    area = app.editor.area
    strip = area.render_line(row - area.scroll_offset.y)
    return {segment.text: segment.style.color for segment in strip if segment.style}
