"""Find and replace, go to a line, and the outline."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.events import Key, Paste
from textual.widgets import Input, Label, OptionList, Static

from knetui.widgets.editor import FindBar
from knetui.widgets.editor.outline_list import OutlineList
from tests.knetui.waiting import until

Edit = Callable[..., Any]
TEXT = "|loss = Loss(w)\n\n\nlossgradient = grad(loss)\n"


def told(app: Any) -> str:
    return str(app.query_one(FindBar).query_one(".count", Static).render())


def problem(app: Any) -> str:
    return str(app.query_one(FindBar).query_one(".problem", Static).render())


async def test_it_is_gone_to_while_it_is_typed_and_from_one_to_the_next(edit: Edit) -> None:
    app = edit(TEXT)
    async with app.run_test() as pilot:
        area = app.editor.area
        await pilot.pause()
        await pilot.press("ctrl+f", *"los")
        assert area.selection == ((0, 0), (0, 3))
        assert told(app) == "1 of 4"
        await pilot.press("s", "enter")
        assert area.selection == ((0, 7), (0, 11))
        await pilot.press("down")
        assert (area.selection.start, told(app)) == ((3, 0), "3 of 4")
        await pilot.press("up", "up", "up")
        assert (area.selection.start, told(app)) == ((3, 20), "4 of 4")
        await pilot.press("escape")
        assert not app.query_one(FindBar).is_open
        assert app.focused is area
        await pilot.press("alt+g")
        assert area.selection.start == (0, 0)
        await pilot.press("alt+shift+g")
        assert area.selection.start == (3, 20)


async def test_what_is_selected_is_looked_for(edit: Edit) -> None:
    app = edit(TEXT)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(*["shift+right"] * 4, "ctrl+f")
        assert told(app) == "1 of 4"
        await pilot.press("x")  # in the place of it
        assert told(app) == "none"


async def test_matches_are_marked_in_the_text_until_the_line_is_closed(edit: Edit) -> None:
    app = edit(TEXT)
    async with app.run_test() as pilot:
        area = app.editor.area
        await pilot.pause()
        await pilot.press("ctrl+f", *"grad")
        marked = [segment.text for segment in area.render_line(3) if segment.style.underline]
        assert marked == ["grad", "grad"]
        await pilot.press("escape")
        assert [s.text for s in area.render_line(3) if s.style.underline] == []


async def test_matches_that_an_undo_takes_away_are_not_drawn(edit: Edit) -> None:
    app = edit("|")
    async with app.run_test() as pilot:
        await pilot.pause()
        app.post_message(Paste("\n" * 9 + "loss"))
        await pilot.pause()
        await pilot.press("ctrl+f", *"loss")
        app.editor.area.focus()
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert app.editor.area.text == ""
        assert app.is_running


async def test_capitals_words_and_patterns(edit: Edit) -> None:
    app = edit(TEXT)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("ctrl+f", *"loss")
        assert told(app) == "1 of 4"
        await pilot.press("alt+c")
        assert told(app) == "1 of 3"
        await pilot.press("alt+w")
        assert told(app) == "1 of 2"
        await pilot.press("alt+w", "alt+c", "alt+x", "left_parenthesis")
        assert problem(app) == "not a pattern: missing ) at character 6"
        await pilot.press("backspace", "backslash", "left_parenthesis")
        assert (told(app), problem(app)) == ("1 of 1", "")


async def test_one_after_the_other_is_replaced_or_passed_over(edit: Edit) -> None:
    app = edit(TEXT)
    async with app.run_test() as pilot:
        area = app.editor.area
        await pilot.pause()
        await pilot.press("ctrl+r", *"loss", "tab", *"cost", "enter")
        assert area.lines[0] == "cost = Loss(w)"
        await pilot.press("down", "enter")
        assert area.lines == ["cost = Loss(w)", "", "", "costgradient = grad(loss)", ""]


async def test_all_are_replaced_at_once_and_taken_back_at_once(edit: Edit) -> None:
    app = edit(TEXT)
    before = TEXT.replace("|", "")
    async with app.run_test() as pilot:
        area = app.editor.area
        await pilot.pause()
        await pilot.press("ctrl+r", *"(l)oss", "alt+x", "tab", *r"\1uck", "alt+a")
        assert area.text == "luck = Luck(w)\n\n\nluckgradient = grad(luck)\n"
        assert told(app) == "4 replaced"
        await pilot.press("escape", "ctrl+z")
        assert area.text == before


async def test_a_replacement_that_is_none_is_told_and_changes_nothing(edit: Edit) -> None:
    app = edit(TEXT)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("ctrl+r", *"loss", "alt+x", "tab", "backslash", "7", "alt+a")
        assert problem(app).startswith("not a replacement: ")
        assert app.editor.area.text == TEXT.replace("|", "")


async def test_what_is_typed_meanwhile_is_looked_through_too(edit: Edit) -> None:
    app = edit(TEXT)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("ctrl+f", *"loss")
        app.editor.area.focus()
        await pilot.press("ctrl+end", *"loss ")
        await pilot.pause(0.5)
        assert told(app) == "5"


async def test_clicks_do_what_keys_do(edit: Edit) -> None:
    app = edit(TEXT)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("ctrl+f", *"loss")
        await pilot.click("Toggle")
        assert told(app) == "1 of 3"


@pytest.mark.parametrize("size", [(120, 40), (40, 10)])
async def test_the_line_takes_one_row_of_the_pane(edit: Edit, size: tuple[int, int]) -> None:
    app = edit(TEXT)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        height = app.editor.area.size.height
        await pilot.press("ctrl+f")
        assert app.editor.area.size.height == height - 1
        await pilot.press("tab")
        assert app.editor.area.size.height == height - 2


async def test_a_line_is_gone_to_by_its_number(edit: Edit) -> None:
    app = edit("|" + "\n".join(f"x = {i}" for i in range(300)))
    async with app.run_test() as pilot:
        area = app.editor.area
        await pilot.pause()
        await pilot.press("ctrl+g", *"2x", "enter")
        assert "not a line such as 120, 120:8" in str(app.editor.query(Label).last().render())
        await pilot.press("backspace", *"00:3", "enter")
        assert area.cursor_location == (199, 2)
        assert area.has_focus
        top = area.scroll_offset.y
        assert top < 199 < top + area.size.height
        await pilot.press("ctrl+g", "minus", *"100", "enter")
        assert area.cursor_location == (99, 0)
        await pilot.press("ctrl+g", "escape", "y")
        assert area.lines[99] == "yx = 99"


async def test_the_outline_goes_to_a_function(edit: Edit) -> None:
    lines = ["class A:", "    def step(self): ...", *["x = 1"] * 100, "def loss(w): ...", "z = 2"]
    app = edit("\n".join(lines) + "|")
    async with app.run_test() as pilot:
        await pilot.pause()
        area = app.editor.area
        await pilot.press("alt+d")
        choices = app.query_one(OutlineList).query_one(OptionList)
        shown = [str(option.prompt).split(maxsplit=1)[1] for option in choices.options]
        assert shown == ["class A", "def step(self)", "def loss(w)"]
        assert choices.highlighted == 2  # where the cursor is
        await pilot.pause()
        line = app.query_one(OutlineList).query_one(Input)
        assert (choices.size.height, line.region.y) == (3, choices.region.bottom)
        await pilot.press("up", "enter")
        assert area.cursor_location == (1, 0)
        assert area.has_focus
        await pilot.press("alt+d", *"los", "enter")
        assert area.cursor_location == (102, 0)
        await pilot.press("alt+d", *"nothing", "enter")
        assert area.cursor_location == (102, 0)
        await pilot.press("alt+d", "up", "escape", "x")
        assert area.lines[102] == "xdef loss(w): ..."
        await pilot.press("alt+d")
        await pilot.pause()
        await pilot.click(choices, offset=(4, 0))
        await pilot.pause()
        assert area.cursor_location == (0, 0)


async def test_letters_behind_the_key_of_the_outline_are_not_typed_into_the_text(
    edit: Edit,
) -> None:
    app = edit("|x = 1\n\ndef loss(w): ...\n")
    async with app.run_test() as pilot:
        await pilot.pause()
        keys = ("alt+d", None), ("l", "l"), ("enter", "\r"), ("y", "y")
        for key, character in keys:
            app.post_message(Key(key, character))
        await until(pilot, lambda: app.text == "x = 1\n\ny|def loss(w): ...\n")


async def test_what_the_text_names_is_no_markup_in_the_outline(edit: Edit) -> None:
    app = edit('|def f(x="[red]", y="[/nothing]"): ...\n')
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        await pilot.press("alt+d")
        await pilot.pause()
        choices = app.query_one(OutlineList).query_one(OptionList)
        assert '(x="[red]", y' in choices.render_line(0).text
        assert choices.virtual_size.height == 1  # too long for the width, and not broken
