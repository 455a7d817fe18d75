"""Runs inputs and model files in one namespace, and echoes the last expression's value."""

import ast
import builtins
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from knetui.evaluator.cut import cut
from knetui.evaluator.interrupts import Interrupts
from knetui.evaluator.namespace import new_main_module
from knetui.evaluator.protocol import Status
from knetui.evaluator.tracebacks import Failure, describe, remember_source

REPR_LIMIT = 20_000


class Outcome(NamedTuple):
    """How an input ended: the echoed `text` of its value, or the `failure` that stopped it."""

    status: Status
    text: str | None = None
    failure: Failure | None = None


class Execution:
    """The user's namespace and the count of the inputs run in it."""

    def __init__(self, interrupts: Interrupts) -> None:
        self.count = 0
        self._interrupts = interrupts
        self._module = new_main_module()
        self.namespace = self._module.__dict__
        self._sources: set[str] = set()

    def execute(self, code: str) -> Outcome:
        """Run an input; a value of its last expression goes to `_` and `Out[count]`."""
        self.count += 1
        filename = f"<input {self.count}>"
        self._remember(filename, code)
        return self._guard(lambda: self._run_input(code, filename))

    def load(self, source: str, filename: str) -> Outcome:
        """Define a model file's names here; its folder becomes importable, as under `python`."""
        self._remember(filename, source)
        return self._guard(lambda: self._run_file(source, filename))

    def _remember(self, filename: str, source: str) -> None:
        self._sources.add(filename)
        remember_source(filename, source)

    def _run_input(self, code: str, filename: str) -> str | None:
        tree = compile(code, filename, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        call = self._interrupts.call
        if tree.body:
            call(exec, compile(tree, filename, "exec", dont_inherit=True), self.namespace)
        if not isinstance(last, ast.Expr):
            return None
        expression = compile(ast.Expression(last.value), filename, "eval", dont_inherit=True)
        value = call(eval, expression, self.namespace)
        if value is None:
            return None
        builtins.__dict__["_"] = value  # as the Python prompt: a `_` of the user's own hides it
        self.namespace.setdefault("Out", {})[self.count] = value
        return call(_represent, value)

    def _run_file(self, source: str, filename: str) -> None:
        program = compile(source, filename, "exec", dont_inherit=True)
        folder = str(Path(filename).resolve().parent)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        self.namespace.update(__name__="model", __file__=filename)
        try:
            self._interrupts.call(exec, program, self.namespace)
        finally:
            self.namespace["__name__"] = "__main__"

    def _guard(self, run: Callable[[], str | None]) -> Outcome:
        try:
            return Outcome("ok", run())
        except BaseException as exception:  # user code may raise anything
            status: Status = "interrupted" if isinstance(exception, KeyboardInterrupt) else "error"
            return Outcome(status, failure=self._describe(exception))

    def _describe(self, exception: BaseException) -> Failure:
        try:
            return self._interrupts.call(describe, exception, self._sources)
        except BaseException as second:  # its __str__ failed, or was interrupted
            name = type(exception).__name__
            message = f"its message cannot be shown: {type(second).__name__}"
            return Failure(name, message, [f"{name}: {message}"], None, None)


def _represent(value: Any) -> str:
    return cut(repr(value), REPR_LIMIT)
