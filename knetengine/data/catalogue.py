"""The sets there are, for `knet-tui data list`; importable without NumPy."""

from typing import NamedTuple


class DataSet(NamedTuple):
    """One set: its loader's name, what it holds, and where this installation has it from."""

    name: str
    content: str
    source: str
    licence: str


SETS = (DataSet("housing", "Boston housing: 506 towns, 13 inputs, 1 price", "bundled", "PDDL-1.0"),)
