"""What is wrong with a program, without running it: its syntax, and names that nobody defines."""

import ast
import warnings
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from pyflakes import messages
from pyflakes.checker import Checker

Severity = Literal["error", "warning"]
_TOLD_BY_THE_COMPILER = messages.IsLiteral
# What will raise when it runs; everything else that pyflakes says is a warning.
_ERRORS: tuple[type[messages.Message], ...] = (
    messages.UndefinedName,
    messages.UndefinedLocal,
    messages.UndefinedExport,
    messages.DuplicateArgument,
    messages.ReturnOutsideFunction,
    messages.YieldOutsideFunction,
    messages.ContinueOutsideLoop,
    messages.BreakOutsideLoop,
    messages.TwoStarredExpressions,
    messages.TooManyExpressionsInStarredAssignment,
    messages.PercentFormatInvalidFormat,
    messages.PercentFormatPositionalCountMismatch,
    messages.PercentFormatMissingArgument,
    messages.StringDotFormatMissingArgument,
    messages.StringDotFormatInvalidFormat,
    messages.RaiseNotImplemented,
)


class Diagnostic(msgspec.Struct, frozen=True):
    """One mistake; `row` and `column` count from 0."""

    row: int
    column: int
    severity: Severity
    message: str


def diagnose(text: str) -> list[Diagnostic]:
    """The mistakes of a program in the order of its lines; nothing of it is executed."""
    source = text.removeprefix("\ufeff")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = ast.parse(source)
            compile(source, "model", "exec", dont_inherit=True)  # what only the compiler sees
        except SyntaxError as error:
            return [_of_syntax(error)]
        except (ValueError, RecursionError, MemoryError) as error:  # NUL bytes, deep nesting
            return [Diagnostic(0, 0, "error", str(error) or type(error).__name__)]
        try:
            found = [*_of_warnings(caught), *_of_names(Checker(tree).messages)]
        except RecursionError:  # of pyflakes, on an expression that Python itself can still take
            found = list(_of_warnings(caught))
    return sorted(found, key=lambda one: (one.row, one.column, one.message))


def _of_syntax(error: SyntaxError) -> Diagnostic:
    row = max(1, error.lineno or 1) - 1
    return Diagnostic(row, max(1, error.offset or 1) - 1, "error", error.msg)


def _of_warnings(caught: Iterable[warnings.WarningMessage]) -> Iterator[Diagnostic]:
    told: set[tuple[int, str]] = set()
    for one in caught:
        words = str(one.message)
        if (one.lineno, words) not in told:  # parsed, and then compiled
            told.add((one.lineno, words))
            yield Diagnostic(max(1, one.lineno) - 1, 0, "warning", words)


def _of_names(found: Iterable[messages.Message]) -> Iterator[Diagnostic]:
    for one in found:
        if isinstance(one, _TOLD_BY_THE_COMPILER):
            continue
        severity: Severity = "error" if isinstance(one, _ERRORS) else "warning"
        yield Diagnostic(one.lineno - 1, one.col, severity, one.message % one.message_args)
