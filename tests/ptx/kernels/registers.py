"""The committed table of what each kernel takes: registers, and bytes of stack after a plus."""

import functools
import re
from pathlib import Path

from knetengine.gpu.kernels.catalogue import Source
from tests.ptx.ptxas import Usage
from tests.ptx.snippets import WANTED

PATH = Path(__file__).with_name("registers.txt")

_HEAD = f"""# What ptxas says each kernel takes: registers of a thread, +bytes of its stack.
# A test fails where a kernel takes more. Written by
#     pytest -m "slow or not slow" tests/ptx/kernels/test_compiled.py --update-snapshots
# Columns: {" ".join(f"sm_{a}" for a in WANTED)}; - where not known.
"""

Cell = tuple[int, int]
Row = dict[int, Cell]
Table = dict[tuple[str, str], Row]
"""By section and kernel; a row is by architecture."""

renewed: Table = {}
"""What this run has found, where it was asked to write the table anew."""


def section(source: Source) -> str:
    """Where a source's kernels stand. Those of expressions are told apart by name alone."""
    return re.sub(r"^(elementwise \w+) \d+$", r"\1", source.name)


def read(path: Path = PATH) -> tuple[str, Table]:
    """The version of NVRTC that a table is of, and the table."""
    version, table, current = "", {}, ""
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith("NVRTC "):
            version = line.removeprefix("NVRTC ")
        elif line.startswith("["):
            current = line[1:-1]
        elif line and not line.startswith("#"):
            kernel, *cells = line.split()
            row = {a: cell(c) for a, c in zip(WANTED, cells, strict=True) if c != "-"}
            table[current, kernel] = row
    return version, table


committed = functools.cache(read)


def renew(version: str, kernels: set[tuple[str, str]]) -> None:
    """Write what this run has found; of other kernels what stood there, if they are still made."""
    before, table = read()
    kept = {key: row for key, row in table.items() if key in kernels and before == version}
    for key, row in renewed.items():
        kept[key] = kept.get(key, {}) | row
    write(version, kept)


def write(version: str, table: Table, path: Path = PATH) -> None:
    """Write a table, in order."""
    lines = [_HEAD, f"NVRTC {version}"]
    current = ""
    for (head, kernel), row in sorted(table.items()):
        if head != current:
            lines.append(f"\n[{head}]")
            current = head
        lines.append(" ".join((kernel, *(_text(row.get(a)) for a in WANTED))))
    path.write_text("\n".join(lines) + "\n")


def of(usage: Usage) -> Cell:
    """The entry of a kernel on an architecture."""
    return usage.registers, usage.stack


def cell(text: str) -> Cell:
    registers, _, stack = text.partition("+")
    return int(registers), int(stack or 0)


def _text(entry: Cell | None) -> str:
    if entry is None:
        return "-"
    registers, stack = entry
    return f"{registers}+{stack}" if stack else str(registers)


def growth(known: Cell | None, found: Cell) -> str:
    """What is worse than the table says; nothing if nothing is."""
    if known is None:
        return "is not in the table; renew it, see registers.txt"
    pairs = zip(("registers", "bytes of stack"), known, found, strict=True)
    return ", ".join(f"takes {new} {what}, {old} before" for what, old, new in pairs if new > old)
