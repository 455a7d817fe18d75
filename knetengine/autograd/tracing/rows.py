"""Reading a tape into rows: each step with its operands, its value, its adjoint and its costs."""

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.backward import conform, joint_contributions
from knetengine.autograd.in_place import OVERWRITTEN
from knetengine.autograd.primitives import Primitive
from knetengine.autograd.provenance import SPAN, Place, step_place
from knetengine.autograd.tracing.symbols import contribution_of, expression_of

REPEATS = 3  # of each timing; the shortest counts


@dataclasses.dataclass(frozen=True)
class Contribution:
    """What one step passes back to one of its operands.

    target: the position of the operand's row. text: in terms of adjoints and values.
    value: the operand's adjoint, with this contribution.
    first: whether nothing had reached the operand before.
    """

    target: int
    text: str
    value: Any
    first: bool


@dataclasses.dataclass
class Row:
    """One step of a trace, or one of its inputs.

    position: on the tape. name: as the tables call it: ``v-1`` for an input, ``v3`` for a step.
    label: of an input how to reach it (``w[0]``), of a step nothing.
    operation: the name of the primitive. operands: the names, or texts, of its operands;
    inputs: the positions of those that are rows.
    expression: the step in terms of its operands. group: the composition it belongs to, or "".
    place: the exact sub-expression in the source, if any.
    value, shape, dtype, bytes: of the result.
    forward_seconds, backward_seconds: of the step, and of its derivative rules, run once more.
    adjoint: the gradient of the result by this value; None if nothing came back.
    contributions: what the step passes back.
    """

    position: int
    name: str
    label: str
    operation: str
    operands: list[str]
    inputs: tuple[int, ...]
    expression: str
    group: str
    place: Place | None
    value: Any
    forward_seconds: float = 0.0
    backward_seconds: float = 0.0
    adjoint: Any = None
    contributions: list[Contribution] = dataclasses.field(default_factory=list[Contribution])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return np.shape(self.value) if not isinstance(self.value, tuple) else ()

    @property
    def dtype(self) -> str:
        """The dtype of the value, or the name of its type."""
        return str(getattr(self.value, "dtype", type(self.value).__name__))

    @property
    def bytes(self) -> int:
        """The size of the value in memory."""
        parts = self.value if isinstance(self.value, tuple) else (self.value,)
        return sum(getattr(part, "nbytes", 8) for part in parts)


def read_rows(entries: Sequence[Any], labels: Sequence[str]) -> dict[int, Row]:
    """The rows of a tape by position; its first entries are the inputs, called `labels`."""
    groups = _groups(entries)
    rows: dict[int, Row] = {}
    for position, entry in enumerate(entries):
        primitive, indices, values, kwargs, output, _, _ = entry
        if primitive in (SPAN, OVERWRITTEN):
            continue
        is_input = position < len(labels)
        number = position - len(labels) + 1 if is_input else _steps(rows, len(labels)) + 1
        operands = [
            rows[index].name if index in rows else short(value)
            for index, value in zip(indices, values, strict=True)
        ]
        operands += [f"{name}={short(value)}" for name, value in kwargs.items()]
        rows[position] = Row(
            position=position,
            name=f"v{number}",
            label=labels[position] if is_input else "",
            operation="input" if is_input else primitive.name,
            operands=operands,
            inputs=tuple(index for index in indices if index >= 0),
            expression=labels[position] if is_input else expression_of(primitive, operands),
            group=groups.get(position, ""),
            place=None if is_input else step_place(entries, position),
            value=output,
        )
    return rows


def _steps(rows: dict[int, Row], inputs: int) -> int:
    return len(rows) - inputs


def _groups(entries: Sequence[Any]) -> dict[int, str]:
    """The outermost composition that each entry belongs to."""
    groups: dict[int, str] = {}
    for position, (primitive, _, _, kwargs, *_) in enumerate(entries):
        if primitive is SPAN:
            for member in range(kwargs["since"], position):
                groups[member] = kwargs["name"]
    return groups


def time_forward(rows: dict[int, Row], entries: Sequence[Any]) -> None:
    """Run each step once more on its recorded values, to time it."""
    for position, row in rows.items():
        primitive, _, values, kwargs, *_ = entries[position]
        if row.operation == "input":
            continue
        row.forward_seconds = min(
            _seconds(lambda p=primitive, v=values, k=kwargs: p.function(*v, **k))
            for _ in range(REPEATS)
        )


def run_backward(rows: dict[int, Row], entries: Sequence[Any], last: int, seed: Any) -> None:
    """Walk back from a position, noting each contribution and how long its rules took."""
    adjoints: dict[int, Any] = {last: seed}
    for position in range(last, -1, -1):
        row, adjoint = rows.get(position), adjoints.pop(position, None)
        if row is None or adjoint is None:
            continue
        row.adjoint = adjoint
        primitive, indices, values, kwargs, output, _, _ = entries[position]
        start = time.perf_counter()
        found = _contributions(primitive, indices, values, kwargs, output, adjoint)
        row.backward_seconds = time.perf_counter() - start
        for number, index, contribution in found:
            value = values[number]
            contribution = (
                contribution if isinstance(contribution, tuple) else conform(contribution, value)
            )
            held = adjoints.get(index)
            adjoints[index] = _sum(held, contribution)
            text = contribution_of(primitive, number, f"{row.name}'", row.operands, row.name)
            row.contributions.append(Contribution(index, text, adjoints[index], held is None))


def _contributions(
    primitive: Primitive,
    indices: tuple[int, ...],
    values: tuple[Any, ...],
    kwargs: dict[str, Any],
    output: Any,
    adjoint: Any,
) -> list[tuple[int, int, Any]]:
    """The number of the operand, its position, and what its rule gives."""
    if primitive.joint is not None or type(adjoint) is tuple:
        numbers = tuple(number if index >= 0 else -1 for number, index in enumerate(indices))
        found = joint_contributions(primitive, numbers, values, kwargs, output, adjoint)
        return [(number, indices[number], contribution) for number, _, contribution in found]
    return [
        (number, index, rule(adjoint, output, *values, **kwargs))
        for number, (index, rule) in enumerate(zip(indices, primitive.rules, strict=False))
        if index >= 0 and rule is not None
    ]


def _sum(held: Any, contribution: Any) -> Any:
    if held is None:
        return contribution
    if isinstance(contribution, tuple):
        pairs = zip(held, contribution, strict=True)
        return tuple(b if a is None else a if b is None else a + b for a, b in pairs)
    return held + contribution


def _seconds(run: Any) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def short(value: Any) -> str:
    """A value in a few characters: a number itself, an array by its shape and range."""
    if isinstance(value, bool | str | slice | type(None) | type(Ellipsis)):
        return str(value) if not isinstance(value, slice) else _slice(value)
    if isinstance(value, int | float | complex | np.generic) or np.ndim(value) == 0:
        return number_text(value)
    if isinstance(value, tuple | list):
        inner = ", ".join(short(item) for item in value[:4]) + (", ..." if len(value) > 4 else "")
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if not hasattr(value, "dtype"):
        return type(value).__name__
    text = f"{value.dtype}{list(value.shape)}"
    if value.size and value.dtype.kind == "f":
        low, high = number_text(np.min(value)), number_text(np.max(value))
        text += f" {low}" if low == high else f" {low} .. {high}"
    return text


def _slice(part: slice) -> str:
    ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
    return ":".join(ends) + ("" if part.step is None else f":{part.step}")


def number_text(value: Any) -> str:
    """A number with three decimals, or four digits if it is very large or small."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        if not value or 1e-2 <= abs(value) < 1e6:
            return f"{value:.3f}".rstrip("0").rstrip(".")
        return f"{value:.4g}"
    return str(value)
