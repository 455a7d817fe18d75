"""What is wrong, in the margin and behind the lines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from knetengine.training.folder import Failure, create_run
from tests.knetui.waiting import until

Edit = Callable[..., Any]


async def test_a_name_that_nobody_defines_is_marked_as_it_is_typed(edit: Edit) -> None:
    app = edit("import numpy as np\n\n|")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press(*"y = np.exp", "left_parenthesis", *"wieght")
        await until(pilot, lambda: "●" in app.drawn(2))
        assert app.drawn(2).lstrip().startswith("3● y = np.exp(wieght)")
        assert app.told == "line 3: undefined name 'wieght'"
        await pilot.press("ctrl+home")
        assert app.drawn(2).endswith("● undefined name 'wieght'")  # no cursor is in its way
        await pilot.press("enter")  # the mark goes with its line, before anybody looks again
        assert "●" in app.drawn(3)
        await pilot.press("ctrl+end", "home", "end", "left", *["backspace"] * 6, *"1.0")
        await until(pilot, lambda: "●" not in app.drawn(3))
        assert app.told == ""


async def test_syntax_and_warnings_have_signs_of_their_own(edit: Edit) -> None:
    app = edit("import os\nx = 1|")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "▲" in app.drawn(0))
        assert app.told == "1 line with warnings"
        assert "imported" not in app.drawn(0)
        await pilot.press("up")
        assert app.told == "line 1: 'os' imported but unused"
        await pilot.press("ctrl+end", *" 2")
        await until(pilot, lambda: "●" in app.drawn(1))
        assert "invalid syntax" in app.told
        assert "▲" not in app.drawn(0)  # of a text that is none, only that is known


async def test_keys_go_from_one_to_the_next(edit: Edit) -> None:
    app = edit("|x = a\n" + "\n" * 50 + "y = b\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.editor.area.marks) == 2)
        await pilot.press("alt+m")
        assert app.editor.area.cursor_location == (51, 4)
        await pilot.press("alt+m")
        assert app.editor.area.cursor_location == (0, 4)
        await pilot.press("alt+shift+m")
        assert app.editor.area.cursor_location == (51, 4)


def failed_run(path: Path, text: str, line: int | None) -> Any:
    """The folder of a run of a text, and how it failed."""
    return create_run("model", text, path, []), Failure("ValueError", "not so\nmore", line, "")


async def test_a_run_that_failed_is_told_at_its_line_wherever_that_is_now(
    edit: Edit, tmp_path: Path
) -> None:
    app = edit("x = 1\ny = f(x)\nz = 3\n|")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        folder, failure = failed_run(tmp_path / "model.py", app.editor.area.text, 2)
        await pilot.press("ctrl+home", "enter", "enter")
        app.editor.complain_of_run(folder, failure)
        await pilot.press("ctrl+end")
        assert app.drawn(3).lstrip().startswith("4× y = f(x)")
        assert app.drawn(3).endswith("× ValueError: not so")
        assert app.told == "line 4: ValueError: not so"
        assert app.editor.go_to_error()
        assert app.editor.area.cursor_location == (3, 0)
        await pilot.press("end", "x")  # it is being mended
        assert "×" not in app.drawn(3)
        assert app.told == ""


async def test_a_run_of_another_file_marks_nothing(edit: Edit, tmp_path: Path) -> None:
    app = edit("x = 1\n|")
    async with app.run_test() as pilot:
        await pilot.pause()
        app.editor.complain_of_run(*failed_run(tmp_path / "other.py", "x = 1\n", 1))
        assert "×" not in app.drawn(0)
        assert app.told == ""


async def test_a_failure_without_a_line_is_told_on_the_border(edit: Edit, tmp_path: Path) -> None:
    app = edit("x = 1\n|")
    async with app.run_test() as pilot:
        await pilot.pause()
        app.editor.complain_of_run(*failed_run(tmp_path / "model.py", "x = 1\n", None))
        assert app.told == "ValueError: not so"
        assert not app.editor.go_to_error()


async def test_words_of_a_failure_are_no_commands_to_the_terminal(
    edit: Edit, tmp_path: Path
) -> None:
    app = edit("x = 1\n|")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.editor.complain("[red]\x1b]0;title\x07 [/nothing]", 1)
        await pilot.pause()
        assert "\x1b" not in app.drawn(0)
        assert "[red]" in app.drawn(0)
        assert "[/nothing]" in app.drawn(0)


async def test_the_words_of_a_mark_give_way_to_long_lines(edit: Edit) -> None:
    app = edit("x = nobody  # " + "long " * 20 + "\ny = nobody\n\n|")
    async with app.run_test(size=(60, 24)) as pilot:
        await until(pilot, lambda: len(app.editor.area.marks) == 2)
        assert "●" in app.drawn(0)
        assert "undefined" not in app.drawn(0)
        assert app.drawn(1).endswith("● undefined name 'nobody'")


async def test_another_document_brings_its_own_text_options_and_marks(
    edit: Edit, tmp_path: Path
) -> None:
    from knetui.editing.documents import read_document

    app = edit("x = nobody\n|")
    (tmp_path / "other.py").write_text("a = 1\nb = 2\n")
    other = read_document(tmp_path / "other.py")
    other.line, other.column = 1, 3
    async with app.run_test() as pilot:
        await until(pilot, lambda: "●" in app.drawn(0))
        await pilot.press("ctrl+f", "x")
        app.editor.show_document(other, "--epochs 3")
        assert "●" not in app.drawn(0)
        await pilot.press("3")
        assert app.text == "a = 1\nb =3| 2\n"
        assert app.editor.options == "--epochs 3"
        assert str(app.editor.border_title) == "1 other.py *"
        assert other.text == "a = 1\nb =3 2\n"
