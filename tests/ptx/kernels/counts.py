"""The committed table of what typical launches ask of the machine."""

import dataclasses
import functools
from pathlib import Path

from tests.ptx.counters import Counters

PATH = Path(__file__).with_name("counts.txt")

ARCHITECTURE = 80
"""Whose PTX is counted; that of the others differs little."""

COLUMNS = tuple(field.name for field in dataclasses.fields(Counters))

_HEAD = f"""# What the launches of cases.py ask of the machine, as the emulator counts it in PTX.
# It is equal on every machine, and no time is in it. A test fails where a count differs.
# Written by
#     pytest tests/ptx/kernels/test_counted.py --update-snapshots
# Columns: {" ".join(COLUMNS)}
"""

Table = dict[tuple[str, str], tuple[int, ...]]
"""By case and kernel."""

renewed: Table = {}
"""What this run has found, where it was asked to write the table anew."""


def read(path: Path = PATH) -> tuple[str, Table]:
    """The version of NVRTC that a table is of, and the table."""
    version, table, case = "", {}, ""
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith("NVRTC "):
            version = line.removeprefix("NVRTC ")
        elif line.startswith("["):
            case = line[1:-1]
        elif line and not line.startswith("#"):
            words = line.split()  # of the kernel, its definitions too
            kernel, numbers = words[: -len(COLUMNS)], words[-len(COLUMNS) :]
            table[case, " ".join(kernel)] = tuple(map(int, numbers))
    return version, table


committed = functools.cache(read)


def write(version: str, table: Table, path: Path = PATH) -> None:
    """Write a table, in order."""
    lines = [_HEAD, f"NVRTC {version}"]
    current = ""
    for (case, kernel), numbers in sorted(table.items()):
        if case != current:
            lines.append(f"\n[{case}]")
            current = case
        lines.append(" ".join((kernel, *map(str, numbers))))
    path.write_text("\n".join(lines) + "\n")


def renew(version: str, cases: set[str]) -> None:
    """Write what this run has found; of other cases what stood there, if there still are such."""
    before, table = read()
    found = {case for case, _ in renewed}
    kept = {
        key: numbers
        for key, numbers in table.items()
        if key[0] in cases - found and before == version
    }
    write(version, kept | renewed)


def differences(known: dict[str, tuple[int, ...]], found: dict[str, tuple[int, ...]]) -> list[str]:
    """What of a case is not as it was, kernel by kernel."""
    said = [f"{kernel}: no longer launched" for kernel in known.keys() - found.keys()]
    for kernel, numbers in found.items():
        if kernel not in known:
            said.append(f"{kernel}: not in the table; renew it, see counts.txt")
            continue
        changed = [
            f"{column} {new}, was {old}"
            for column, old, new in zip(COLUMNS, known[kernel], numbers, strict=True)
            if old != new
        ]
        if changed:
            said.append(f"{kernel}: {', '.join(changed)}")
    return sorted(said)
