"""What becomes of each NumPy function on recorded values: as rows, and as a page.

    python -m knetengine.autograd.coverage docs/coverage.md

The functions are those that NumPy itself lists as open to other kinds of arrays (NEP 13, NEP 18).
"""

import importlib
import sys
import warnings
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from knetengine.autograd.primitives import (
    COMPOSED,
    DIFFERENTIABLE,
    NOT_DIFFERENTIABLE,
    REFUSED,
    Function,
    name_of,
)
from knetengine.autograd.rules.constants import CONSTANT, REFUSALS

REGISTRIES = ("differentiable", "not differentiable", "refused", "unclassified")


class Row(NamedTuple):
    """A NumPy function and what becomes of it.

    family: what it has to do with, as the tables group it.
    registry: one of `REGISTRIES`.
    how: "rule", "composition", "constant" or "refused"; "" if it is unclassified.
    advice: what to do instead of a function that is refused.
    """

    name: str
    family: str
    registry: str
    how: str
    advice: str = ""


def rows() -> list[Row]:
    """A row for each function that the installed NumPy lists, in the order of the page."""
    unordered = [_row(name, function) for name, function in functions().items()]
    return sorted(unordered, key=lambda row: (REGISTRIES.index(row.registry), row[1], row.name))


def functions() -> dict[str, Function]:
    """The functions that NumPy lists, by the names a user knows them by."""
    from numpy.testing import overrides  # half as slow to load as NumPy itself

    importlib.import_module("numpy.polynomial")  # its functions count only once it is loaded
    listed = overrides.get_overridable_numpy_array_functions()
    listed |= overrides.get_overridable_numpy_ufuncs()
    by_name: dict[str, Function] = {}
    for function in listed:
        name = public_name(function)
        if name not in by_name or function is _found(name):  # others serve its option like=
            by_name[name] = function
    return by_name


def public_name(function: Function) -> str:
    """The name to call a NumPy function by; "ufunc ..." for one that only methods call."""
    name = name_of(function).replace("np.lib.scimath.", "np.emath.")
    bare = name.rpartition(".")[2]
    if isinstance(function, np.ufunc):
        places = [f"np.{bare}", f"np.strings.{bare}"]
        return next((place for place in places if _found(place) is function), f"ufunc {bare}")
    return f"np.char.{bare[1:]}" if name.startswith("np.strings._") else name


def _found(name: str) -> object:
    found: object = np
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the whole of np.char
        for part in name.split(".")[1:]:
            found = getattr(found, part, None)
    return found


def registries(function: Function) -> list[str]:
    """Where a function is registered: one of `REGISTRIES` if all is well."""
    primitive = DIFFERENTIABLE.get(function)
    has_rules = primitive is not None and bool(primitive.rules or primitive.joint)
    return [
        *(["differentiable"] if has_rules else []),
        *(["differentiable"] if function in COMPOSED else []),
        *(["not differentiable"] if function in NOT_DIFFERENTIABLE else []),
        *(["refused"] if function in REFUSED else []),
    ]


def _row(name: str, function: Function) -> Row:
    registry = next(iter(registries(function)), "unclassified")
    if registry == "refused":
        advice = REFUSED[function]
        family = next((f for f, (_, refused) in REFUSALS.items() if function in refused), "others")
        return Row(name, family, registry, "refused", advice)
    if registry == "not differentiable":
        family = next((f for f, constant in CONSTANT.items() if function in constant), "others")
        return Row(name, family, registry, "constant")
    if registry == "unclassified":
        return Row(name, "others", registry, "")
    if function in COMPOSED:
        return Row(name, _family(COMPOSED[function]), registry, "composition")
    step = DIFFERENTIABLE[function]
    rule = step.joint or next(rule for rule in step.rules if rule is not None)
    return Row(name, _family(rule), registry, "rule")


def _family(rule: Function) -> str:
    """The family is the file of the rule."""
    return rule.__module__.rpartition(".")[2].replace("_", " ")


def find(name: str) -> list[Row]:
    """The rows that a name may mean: ``np.linalg.inv``, ``linalg.inv``, ``inv``; ``np.mod``."""
    wanted = name.removeprefix("numpy.").removeprefix("np.")
    meant = _found(f"np.{wanted}")
    names = [public for public, function in functions().items() if function is meant]
    names += [public for public in functions() if public.endswith((f".{wanted}", f" {wanted}"))]
    return [row for row in rows() if row.name in names]


def counts(table: Iterable[Row]) -> list[tuple[str, int]]:
    """How many functions there are of each kind, in words."""
    found = Counter(row.how for row in table)
    words = {
        "rule": "differentiable, by a rule of their own",
        "composition": "differentiable, composed of others",
        "constant": "constant: the result is plain",
        "refused": "refused, with advice",
        "": "not classified yet",
    }
    return [(text, found[how]) for how, text in words.items() if how or found[how]]


def headline(table: Iterable[Row]) -> str:
    """The counts in one sentence."""
    table = list(table)
    found = Counter(row.registry for row in table)
    return (
        f"NumPy {np.__version__}: {found['differentiable']} of {len(table)} functions are "
        f"differentiable, {found['not differentiable']} give constants, "
        f"{found['refused']} are refused with advice."
    )


def page() -> str:
    """The page `docs/coverage.md`, in Markdown."""
    table = rows()
    parts = [
        "# NumPy, function by function",
        headline(table),
        "Counted are all functions that NumPy lists as open to other kinds of arrays. "
        "A function that is in none of these tables cannot receive a recorded value. "
        "Written by `python -m knetengine.autograd.coverage docs/coverage.md`.",
        _markdown(["", "functions"], [[text, str(number)] for text, number in counts(table)]),
    ]
    of_registry = {key: list(group) for key, group in groupby(table, lambda row: row.registry)}
    if differentiable := of_registry.get("differentiable"):
        parts += ["## Differentiable", _differentiable(differentiable)]
    if constant := of_registry.get("not differentiable"):
        lines = [[family, _names(group)] for family, group in _families(constant)]
        parts += ["## Constant", _markdown(["kind", "functions"], lines)]
    if refused := of_registry.get("refused"):
        lines = [[family, _names(group), group[0].advice] for family, group in _families(refused)]
        parts += ["## Refused", _markdown(["kind", "functions", "because"], lines)]
    if unclassified := of_registry.get("unclassified"):
        parts += ["## Not classified yet", _names(unclassified)]
    return "\n\n".join(parts) + "\n"


def _differentiable(table: list[Row]) -> str:
    lines = [
        [family, *(_names([row for row in group if row.how == how]) for how in _HOW)]
        for family, group in _families(table)
    ]
    return _markdown(["family", *_HOW.values()], lines)


_HOW = {"rule": "by a rule", "composition": "composed of others"}


def _families(table: list[Row]) -> list[tuple[str, list[Row]]]:
    return [(family, list(group)) for family, group in groupby(table, lambda row: row.family)]


def _names(table: Iterable[Row]) -> str:
    return " ".join(f"`{row.name.removeprefix('np.')}`" for row in table)


def _markdown(titles: list[str], lines: list[list[str]]) -> str:
    cells = [titles, ["---"] * len(titles), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def main(arguments: list[str]) -> int:
    """Write the page to the file that is named, or print it."""
    if arguments:
        Path(arguments[0]).write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
