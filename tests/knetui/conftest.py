"""Workbenches in pseudo-terminals, for tests that sit where the user sits."""

import importlib.util
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest


def _module(name: str) -> Any:
    """A module that lies beside this file: the folders of tests are no packages."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """Be a user whom permissions bind, for as long as the context lasts; root they do not."""

    @contextmanager
    def nobody() -> Iterator[None]:
        was = os.geteuid()
        if was == 0:
            os.seteuid(pwd.getpwnam("nobody").pw_uid)
        try:
            yield
        finally:
            os.seteuid(was)

    return nobody


@pytest.fixture
def start_workbench(tmp_path: Path, home: Path) -> Iterator[Callable[..., Any]]:
    """Start `python -m knetui ARGUMENTS` in a terminal of its own; not for the `first` time."""
    terminals: list[Any] = []
    module = _module("terminal")

    def open_one(
        *arguments: str | bytes | Path, columns: int = 120, rows: int = 40, first: bool = False
    ) -> Any:
        if not first and not home.exists():  # the welcome is in nobody's way
            home.mkdir()
            (home / "session-1.json").write_text("{}")
        terminal = module.Terminal(*arguments, folder=tmp_path, columns=columns, rows=rows)
        terminals.append(terminal)
        return terminal

    yield open_one
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def open_workbench(start_workbench: Callable[..., Any]) -> Callable[..., Any]:
    """Start the workbench and wait until it takes keys."""

    def open_one(*arguments: str | bytes | Path, **settings: Any) -> Any:
        terminal = start_workbench(*arguments, **settings)
        terminal.wait_for("knet-tui")
        terminal.settle(0.15)
        return terminal

    return open_one


@pytest.fixture
def write_model(tmp_path: Path) -> Callable[..., Path]:
    """Write a model file: `body` is what each of its epochs does, `top` stands above it all."""

    def write(body: str = "pass", *, top: str = "", name: str = "model.py") -> Path:
        path = tmp_path / name
        indented = "\n".join(f"        {line}" for line in body.splitlines())
        path.write_text(MODEL.format(top=top, body=indented), encoding="utf-8")
        return path

    return write


MODEL = """\
import time
import numpy as np
from knetengine.training import run, script
{top}

def main(*, epochs: int = 3):
    for epoch in run.epochs(epochs):
{body}
        run.report(epoch, trn=1.0 / epoch)


if __name__ == "__main__":
    script(main)
"""
