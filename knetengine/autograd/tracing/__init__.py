"""Seeing inside a gradient: what ran, with which values, and what came back."""

import functools
from typing import Any

import numpy as np

from knetengine.autograd import nonfinite
from knetengine.autograd.containers import flatten, paths
from knetengine.autograd.primitives import Function
from knetengine.autograd.recorded import plain
from knetengine.autograd.recorded_call import RecordedCall, name_of_function
from knetengine.autograd.tracing import tables
from knetengine.autograd.tracing.rows import Row, read_rows, run_backward, time_forward
from knetengine.autograd.tracing.tables import WIDTH

__all__ = ["Row", "Trace", "trace"]


def trace(f: Function) -> Any:
    """The function that calls f, differentiates it, and gives a `Trace` of both.

    All arguments of f that hold floating numbers are inputs of the trace. Each step runs a few
    times more, to be timed: a primitive with side effects has them again.

        print(trace(lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2))(2.0, 5.0))

    Source: the evaluation traces of the slides; Baydin et al., Automatic Differentiation in
    Machine Learning: a Survey, JMLR 18 (2018), tables 2 and 3; Knet7's `compile`.
    """

    @functools.wraps(f)
    def traced(*args: Any, **kwargs: Any) -> Trace:
        return Trace(f, args, kwargs)

    return traced


class Trace:
    """What ran in a call of f, and what came back.

    rows: the inputs and the steps, in the order in which they ran.
    value: the result of f, plain.
    gradients: for each input, by its label, the gradient; None if nothing came back.

    `str` gives the forward evaluation trace and the reverse adjoint trace. Of a result that is not
    a single number the adjoints are those of its sum.
    """

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.name = name_of_function(f)
        argnums = tuple(number for number, argument in enumerate(args) if _differentiable(argument))
        with nonfinite.watch():
            call = RecordedCall(f, argnums, args, kwargs)
            result = call.result
            position = call.position(result)
            call.close()
            entries = list(call.entries)
            rows = read_rows(entries, _labels(f, argnums, args))
            self.value = plain(result)
            self.result = position
            if position >= 0:
                time_forward(rows, entries)
                run_backward(rows, entries, position, np.ones_like(self.value)[()])
        self.rows: list[Row] = list(rows.values())
        self.gradients = {row.label: row.adjoint for row in self.rows if row.label}

    def __str__(self) -> str:
        return self.tables()

    def tables(self, width: int = WIDTH) -> str:
        """The forward evaluation trace and the reverse adjoint trace."""
        if self.result < 0:
            return f"{self.name}: the result, {self.value!r}, does not depend on the inputs"
        result = next(row.name for row in self.rows if row.position == self.result)
        lines = tables.forward_table(self.rows, result, width)
        if np.ndim(self.value):
            lines += ["", "The result is not a single number: these are the adjoints of its sum."]
        return "\n".join([*lines, "", *tables.reverse_table(self.rows, result, width)])

    def listing(self) -> str:
        """The graph, a numbered line for each step, as Knet7's `compile` printed it."""
        return tables.listing(self.rows)

    def tree(self, width: int = WIDTH) -> str:
        """The graph as a tree, from the result down to the inputs."""
        return tables.tree(self.rows, self.result, width) if self.result >= 0 else self.tables()

    def profile(self, sort: str = "time", width: int = WIDTH) -> str:
        """Calls, microseconds and bytes of each sub-expression.

        sort: "time", "forward", "backward", "bytes" or "calls".
        """
        return tables.profile(self.rows, sort, width)

    def to_dot(self) -> str:
        """The graph in the language of Graphviz."""
        return tables.to_dot(self.rows)


def _differentiable(argument: Any) -> bool:
    """Whether an argument holds a floating number; a Python int by itself counts as one."""
    if isinstance(argument, int) and not isinstance(argument, bool):
        return True
    return any(
        isinstance(leaf, float | complex)
        or getattr(plain(leaf), "dtype", np.dtype(int)).kind in "fc"
        for leaf in flatten(argument)[0]
    )


def _labels(f: Function, argnums: tuple[int, ...], args: tuple[Any, ...]) -> list[str]:
    """The names of the inputs: the parameter of f, and the path inside a container."""
    code = getattr(f, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    labels: list[str] = []
    for number in argnums:
        name = names[number] if number < len(names) else f"x{number + 1}"
        for leaf, path in zip(flatten(args[number])[0], paths(args[number]), strict=True):
            alone = leaf is args[number]
            if isinstance(leaf, str | bool | type(None)) or not (alone or _differentiable(leaf)):
                continue
            labels.append(f"{name}{path}")
    return labels
