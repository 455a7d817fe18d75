"""Completion from the live names. Never runs user code."""

import builtins
import keyword
import re
import sys
from typing import Any, NamedTuple

from knetui.evaluator.static_lookup import MISSING, attribute_names, is_a, resolve

MATCHES_LIMIT = 500
_NAME = r"[^\W\d]\w*"
_DOTTED = re.compile(rf"(?<![\w.\)\]'\"])((?:{_NAME}\.)*)({_NAME})?$")
_KEY = re.compile(rf"(?<![\w.\)\]'\"])({_NAME}(?:\.{_NAME})*)\[\s*(['\"])([^'\"\\]*)$")
_IMPORT = re.compile(rf"^\s*(?:import\s+(?:[\w., ]+,\s*)?|from\s+)((?:{_NAME}\.)*)({_NAME})?$")
_FROM = re.compile(rf"^\s*from\s+({_NAME}(?:\.{_NAME})*)\s+import\s+(?:[\w, ]+,\s*)?({_NAME})?$")


class Completions(NamedTuple):
    """Each of `matches` may replace `code[start:end]`."""

    matches: list[str]
    start: int
    end: int


def complete(code: str, cursor: int, namespace: dict[str, Any]) -> Completions:
    """How the name before `cursor` can go on: a name, an attribute, a key, a module.

    Names that begin with an underscore are offered once the underscore is typed.
    """
    line = code[:cursor].rpartition("\n")[2]
    if found := _KEY.search(line):
        candidates = _keys(resolve(found[1], namespace))
        return _choose(candidates, found[3], cursor, keys=True)
    if found := _FROM.match(line):
        module = sys.modules.get(found[1])
        return _choose(attribute_names(module) if module else set(), found[2] or "", cursor)
    if found := _IMPORT.match(line):
        return _choose(_modules(found[1]), found[2] or "", cursor)
    if (found := _DOTTED.search(line)) and found[0]:
        return _choose(_names(found[1][:-1], namespace), found[2] or "", cursor)
    return Completions([], cursor, cursor)


def _names(owner: str, namespace: dict[str, Any]) -> set[str]:
    if not owner:
        return {*namespace, *vars(builtins), *keyword.kwlist}
    value = resolve(owner, namespace)
    return set() if value is MISSING else attribute_names(value)


def _keys(value: Any) -> set[str]:
    if value is MISSING or not is_a(value, dict):
        return set()
    return {key for key in list(dict.keys(value)) if type(key) is str and key.isprintable()}


def _modules(package: str) -> set[str]:
    loaded = [name[len(package) :] for name in list(sys.modules) if name.startswith(package)]
    return {name.partition(".")[0] for name in loaded}


def _choose(candidates: set[str], prefix: str, cursor: int, keys: bool = False) -> Completions:
    matches = [
        name
        for name in candidates
        if name.startswith(prefix)
        and (keys or (name.isidentifier() and (prefix or not name.startswith("_"))))
    ]
    matches.sort(key=lambda name: (name.startswith("_"), name.lower(), name))
    return Completions(matches[:MATCHES_LIMIT], cursor - len(prefix), cursor)
