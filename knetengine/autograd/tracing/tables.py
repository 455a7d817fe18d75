"""A trace as text: the two tables of the slides, the numbered graph, the profile, the tree."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from knetengine.autograd.tracing.rows import Row, short

WIDTH = 100
FOLDED = 40  # of a longer table the first and the last twenty rows are shown


def forward_table(rows: Sequence[Row], result: str, width: int) -> list[str]:
    """The forward evaluation trace: each value in terms of those before it."""
    lines = [(row.name, row.expression, short(row.value), _source(row)) for row in rows]
    lines.append((result_name(rows), result, "", ""))
    return ["Forward evaluation trace", *_aligned(lines, width)]


def reverse_table(rows: Sequence[Row], result: str, width: int) -> list[str]:
    """The reverse adjoint trace, in the order in which it was computed."""
    by_position = {row.position: row for row in rows}
    last = next(row for row in rows if row.name == result)
    y = result_name(rows)
    lines = [(f"{result}'", f"{y}'", short(last.adjoint), "")]
    for row in reversed(rows):
        for contribution in row.contributions:
            target = f"{by_position[contribution.target].name}'"
            text = contribution.text if contribution.first else f"{target} + {contribution.text}"
            lines.append((target, text, short(contribution.value), _source(row)))
    lines += [
        (
            f"{row.label}'",
            f"{row.name}'",
            short(row.adjoint) if row.adjoint is not None else "0",
            "",
        )
        for row in rows
        if row.label
    ]
    return [f"Reverse adjoint trace  (v' is the derivative of {y} by v)", *_aligned(lines, width)]


def result_name(rows: Sequence[Row]) -> str:
    """What the result is called: y, as in the slides, unless an input is called so."""
    return "result" if any(row.label == "y" for row in rows) else "y"


def _source(row: Row) -> str:
    """The sub-expression of a step, if it says more than the step itself."""
    return row.place.expression if row.place else ""


_Line: TypeAlias = tuple[str, str, str, str]


def _aligned(lines: list[_Line], width: int) -> Iterator[str]:
    """Four columns; the last one, the source, takes what room is left."""
    lines = list(_folded(lines))
    columns = [max((len(line[n]) for line in lines), default=0) for n in range(3)]
    expression = min(columns[1], max(12, width // 3))
    value = min(columns[2], max(12, 2 * width // 5))
    room = width - columns[0] - expression - value - 11
    for name, text, number, source in lines:
        line = f"  {name:<{columns[0]}} = {_cut(text, expression):<{expression}}"
        line += f" = {_cut(number, value):<{value}}" if number else ""
        if source and room >= 10:
            line = f"{line:<{columns[0] + expression + value + 8}}  {_cut(source, room)}"
        yield line.rstrip()


def _folded(lines: list[_Line]) -> Iterator[_Line]:
    if len(lines) <= FOLDED:
        yield from lines
        return
    half = FOLDED // 2
    yield from lines[:half]
    yield "...", f"{len(lines) - 2 * half} more", "", ""
    yield from lines[-half:]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."


def listing(rows: Sequence[Row]) -> str:
    """One step a line: its number, its operation, the numbers of its inputs, its shape."""
    numbers = {row.position: number for number, row in enumerate(rows, 1)}
    digits = len(str(len(rows)))
    lines: list[str] = []
    for row in rows:
        operation = f"input {row.label}" if row.label else row.operation.removeprefix("np.")
        inputs = [str(numbers[index]) for index in row.inputs if index in numbers]
        constants = [text for text in row.operands if text not in {r.name for r in rows}]
        line = f"{numbers[row.position]:>{digits}} {operation}({', '.join(inputs)})"
        line = line.replace("()", "") if row.label else line
        line += f" with {', '.join(constants)}" if constants and not row.label else ""
        lines.append(f"{line}  {row.dtype}{list(row.shape)}")
    return "\n".join(lines)


def profile(rows: Sequence[Row], sort: str, width: int) -> str:
    """Calls, time and bytes of each sub-expression, the most expensive first."""
    keys = {"time": 0, "forward": 1, "backward": 2, "bytes": 3, "calls": 4}
    if sort not in keys:
        raise ValueError(f"sort by one of {', '.join(keys)}, not {sort!r}")
    totals: dict[str, list[float]] = {}
    for row in rows:
        if row.label:
            continue
        total = totals.setdefault(str(row.place or row.operation), [0.0] * 5)
        spent = row.forward_seconds, row.backward_seconds
        for number, amount in enumerate((sum(spent), *spent, row.bytes, 1)):
            total[number] += amount
    lines = ["   calls  forward us  backward us       bytes  step"]
    ordered = sorted(totals.items(), key=lambda item: -item[1][keys[sort]])
    for place, (_, forward, backward, size, calls) in ordered:
        figures = f"{calls:8.0f}{forward * 1e6:12.1f}{backward * 1e6:13.1f}{size:12,.0f}"
        lines.append(f"{figures}  {_cut(place, max(10, width - 47))}")
    return "\n".join(lines)


def tree(rows: Sequence[Row], result: int, width: int) -> str:
    """The graph from the result down; a value that is used again is only named."""
    by_position = {row.position: row for row in rows}
    lines: list[str] = []
    seen: set[int] = set()
    pending = [(result, "", "")]
    while pending:
        position, lead, branch = pending.pop()
        row = by_position[position]
        again = position in seen and bool(row.inputs)
        value = f"see {row.name} above" if again else short(row.value)
        lines.append(_cut(f"{lead}{branch}{row.name} = {row.expression}  {value}", width))
        if again:
            continue
        seen.add(position)
        below = lead + {"": "", "+- ": "|  ", "`- ": "   "}[branch]
        inputs = [index for index in row.inputs if index in by_position]
        for place, index in enumerate(reversed(inputs)):
            pending.append((index, below, "`- " if place == 0 else "+- "))
    return "\n".join(lines)


def to_dot(rows: Sequence[Row]) -> str:
    """The graph in the language of Graphviz; compositions are clusters."""
    lines = ["digraph trace {", "  rankdir=TB;", '  node [shape=box, fontname="monospace"];']
    groups: dict[str, list[Row]] = {}
    for row in rows:
        shape = ", style=rounded" if row.label else ""
        text = f"{row.name} = {row.expression}\\n{row.dtype}{list(row.shape)}"
        escaped = text.replace('"', '\\"')
        lines.append(f'  n{row.position} [label="{escaped}"{shape}];')
        if row.group:
            groups.setdefault(f"{row.group} {row.place}", []).append(row)
    for number, (group, members) in enumerate(groups.items()):
        nodes = " ".join(f"n{row.position};" for row in members)
        label = group.split(" ")[0]
        lines.append(f'  subgraph cluster{number} {{ label="{label}"; {nodes} }}')
    known = {row.position for row in rows}
    lines += [
        f"  n{index} -> n{row.position};" for row in rows for index in row.inputs if index in known
    ]
    return "\n".join([*lines, "}"])
