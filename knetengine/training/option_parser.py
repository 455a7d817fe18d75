"""The one parser of a main's options, for whoever runs it and whoever only shows a form of it."""

from collections.abc import Callable
from typing import Any

from cyclopts import App, CycloptsError, Parameter


def option_parser(main: Callable[..., Any], name: str) -> App:
    """The keyword arguments of `main` as options of the program `name`."""
    app = App(
        name=name,
        version_flags=[],
        result_action="return_value",
        default_parameter=Parameter(consume_multiple=True),  # --hidden 64 32
    )
    app.default(main)
    return app


def in_a_line(error: CycloptsError) -> str:
    """What was wrong with the options, as one line."""
    return " ".join(str(error).split())
