"""Workbenches in pseudo-terminals, for tests that sit where the user sits."""

import importlib.util
import math
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.metrics import Event, Gradients, MetricsWriter, Plan, Report, encodable


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


STEPS = 10  # of an epoch
EVENTS = ((2.0, "checkpoint"), (6.0, "swapped"), (10.2, "number"), (12.0, "paused"))


@pytest.fixture
def write_run(home: Path) -> Callable[..., RunFolder]:
    """Write the folder of a run whose loss falls by `rate`; an epoch takes half a second."""

    def write(
        name: str = "mlp", *, rate: float = 0.9, epochs: int = 30, whole: bool = True
    ) -> RunFolder:
        folder = create_run(name, "pass\n", Path(f"{name}.py"), [])
        writer = MetricsWriter(folder.metrics)
        writer.write(Plan(0.0, epochs))
        events = list(EVENTS)
        log = ""
        for epoch in range(epochs + 1):
            seconds, step = epoch * 0.5, epoch * STEPS
            while whole and events and events[0][0] <= seconds:
                writer.write(Event(*events.pop(0), "lr 0.1 > 0.05"))
            loss = rate**epoch
            values = {"trn": 1 - loss, "tst": 0.9 - loss, "trnloss": loss, "tstloss": loss + 0.1}
            log += f"(:epoch,{epoch},:trn,{1 - loss})\n"
            extra = (step, len(log)) if whole else ()
            writer.write(Report(epoch, seconds, encodable(values), *extra))
            log += "some more words\n"
            if whole:
                norms = encodable({"w[0]": 2 * loss, "w[1]": loss, "b": math.sqrt(loss)})
                writer.write(Gradients(seconds + 0.1, epoch, step + 5, loss, norms))
        writer.close()
        folder.log.write_text(log)
        folder.write_state(State("finished", 0, "host", 1000.0, 1000.0 + epochs / 2))
        return folder

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
