"""How the word before the cursor of a program can go on.

The live names of the evaluator know most. Where it is busy, gone or late, the modules that the
program imports and this process has loaded already are looked into, by the same code that looks
into live names: it runs nothing. The words of the program itself are always there.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from knetui.evaluator.client import EvaluatorDied
from knetui.evaluator.completion import Completions, complete
from knetui.evaluator.protocol import CompleteReply
from knetui.evaluator.static_lookup import MISSING, resolve

Ask = Callable[[str, int], Awaitable[CompleteReply]]

LIVE_SECONDS = 0.25  # later, the word has probably been typed
ASKED_SECONDS = 5.0  # one who asked waits: at the start the evaluator loads NumPy and the model
SHOWN_LIMIT = 200

_WORD = re.compile(r"[^\W\d]\w*")
_TAIL = re.compile(r"((?:[^\W\d]\w*\s*(?:\[[^\[\]]*\]|\([^()]*\))?\.)*)([^\W\d]\w*)?$")
_IMPORT = re.compile(
    r"^[ \t]*import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+(\w+))?[ \t]*(?:#.*)?$", re.MULTILINE
)
_FROM = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+([\w, \t]+)", re.MULTILINE)


def word_before(line: str, column: int) -> tuple[str, bool]:
    """The name that ends at the column, and whether it stands behind a dot."""
    found = _TAIL.search(line[:column])
    word = (found[2] or "") if found else ""
    return word, line[: column - len(word)].endswith(".")


async def completions(
    text: str, line: str, column: int, ask: Ask | None, *, patience: float = LIVE_SECONDS
) -> Completions:
    """What may replace the word before the column: `start` and `end` are columns of the line.

    patience: seconds that the live names are waited for.
    """
    live = await _live(line, column, ask, patience)
    if live is None:
        live = complete(line, column, static_names(text))
    word, dotted = word_before(line, column)
    near = _words(text, word, line[: column - len(word)] if dotted else "")
    if live.start != column - len(word):  # a key, or the path of an import: words do not fit
        return live
    matches = dict.fromkeys([*near, *live.matches] if not dotted else [*live.matches, *near])
    matches.pop(word, None)
    return Completions(list(matches)[:SHOWN_LIMIT], column - len(word), column)


async def _live(line: str, column: int, ask: Ask | None, patience: float) -> Completions | None:
    """What the evaluator answers; None where it has nothing to say, or says it too late."""
    if ask is None:
        return None
    try:
        async with asyncio.timeout(patience):
            reply = await ask(line, column)
    except (EvaluatorDied, TimeoutError, OSError):
        return None
    return Completions(reply.matches, reply.start, reply.end) if reply.matches else None


def static_names(text: str) -> dict[str, Any]:
    """What the imports of a program name, as far as that is loaded here; nothing is imported."""
    names: dict[str, Any] = {}
    for found in _IMPORT.finditer(text):
        module = found[1] if found[2] else found[1].partition(".")[0]
        if module in sys.modules:
            names[found[2] or module] = sys.modules[module]
    for found in _FROM.finditer(text):
        if found[1] not in sys.modules:
            continue
        for part in found[2].split(","):
            name, _, alias = (word.strip() for word in part.partition(" as "))
            value = _member(found[1], name)
            if name.isidentifier() and value is not MISSING:
                names[alias or name] = value
    return names


def _member(module: str, name: str) -> Any:
    value = resolve(f"module.{name}", {"module": sys.modules[module]})
    return sys.modules.get(f"{module}.{name}", MISSING) if value is MISSING else value


def _words(text: str, prefix: str, owner: str) -> list[str]:
    """Words of the program that begin so; behind a dot, those that follow the same owner."""
    if owner:
        name = re.search(r"([^\W\d]\w*)\.$", owner)
        if name is None:
            return []
        pattern = rf"(?<![\w.]){re.escape(name[1])}\.({re.escape(prefix)}\w+)"
        return sorted(set(re.findall(pattern, text)))
    if not prefix:
        return []
    pattern = rf"(?<![\w.]){re.escape(prefix)}\w+"
    return sorted(set(re.findall(pattern, text)), key=lambda word: (word.startswith("_"), word))
