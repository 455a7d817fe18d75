"""Runs as they write themselves, read."""

from collections.abc import Callable

import pytest

from knetengine.training.folder import RunFolder
from knetui.runs.view import RunView


@pytest.fixture
def make_run(write_run: Callable[..., RunFolder]) -> Callable[..., RunView]:
    """A run as `write_run` writes it, read."""

    def make(name: str = "mlp", **settings: object) -> RunView:
        view = RunView(write_run(name, **settings))
        while view.read(10.0):
            pass
        return view

    return make
