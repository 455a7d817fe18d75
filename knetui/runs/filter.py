"""Which runs are listed: `lr>=0.1 and acc>0.9`.

A condition over what is known of a run: its options, its figures (the last, `min.tst`, `max.acc`)
and its own fields. It is read as a Python expression, and the tree is walked by hand: nothing is
evaluated but comparisons, `and`, `or`, `not` and sums. What a run does not have fulfils no
comparison.
"""

import ast
import difflib
import fnmatch
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Value = float | str | bool
Facts = Callable[[str], Value | None]  # what a run has under a name
Check = Callable[[Facts], Any]

FIELDS: dict[str, str] = {
    "number": "its number",
    "name": "what it is called",
    "model": "the name of its model",
    "status": "running, paused, finished, failed ...",
    "pinned": "whether it stays on top",
    "age": "time since it was started: age < 2h",
    "took": "time that it has lasted",
    "epoch": "its last epoch",
    "left": "time to its planned end, while it goes on: left < 10min",
    "speed": "epochs a second, while it goes on",
}
PREFIXES = ("option", "last", "min", "max")
STATUSES = (
    "waiting", "starting", "running", "paused", "finished", "stopped", "failed", "died"
)  # fmt: skip
WORDS = ("and", "or", "not", "in", "true", "false")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
LONGEST = 400
OFFERED = 6  # names, where none is near to what was typed
NO_CONDITION = "not a condition such as lr>=0.1 and tst<20"

_PIECE = re.compile(
    r"""(?P<text>'[^']*'|"[^"]*")
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<unit>s|min|h|d|w)?(?![\w.])
    |(?P<sign>not\s+in\b|<=|>=|==|!=|&&|\|\||[=<>()+\-*/,])
    |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)?)
    |(?P<blank>\s+)
    |(?P<other>.)""",
    re.VERBOSE,
)
_SIGNS = {"=": "==", "&&": " and ", "||": " or "}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SUMS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class FilterError(ValueError):
    """A filter that is no condition; `position` is where in its text, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1})")
        self.message = message
        self.position = position


@dataclass(frozen=True)
class Filter:
    """A condition that was read.

    names: what it asks of a run, as `lr` or `min.tst`.
    """

    text: str
    names: frozenset[str]
    _check: Check

    def holds(self, facts: Facts) -> bool:
        """Whether it holds for a run of which these are the facts."""
        return bool(self._check(facts))


def read_filter(text: str, known: Iterable[str]) -> Filter:
    """Read a condition; `known` are the options and figures of any run. Raises FilterError.

    A word that is nobody's name is text where a name is compared with it: `status == running`.
    An empty condition holds for every run.
    """
    if len(text) > LONGEST:
        raise FilterError(f"longer than {LONGEST} characters", LONGEST)
    if not text.strip():
        return Filter(text, frozenset(), lambda _facts: True)
    reader = _Reader(text, [*known, *FIELDS])
    return Filter(text, frozenset(reader.names), reader.check)


def complete(text: str, known: Iterable[str]) -> str:
    """The text with its last word completed; "" where there is nothing to add."""
    match = re.search(r"([^\W\d][\w.]*)$", text)
    if match is None:
        return ""
    word = match[1]
    status = re.search(r"\bstatus\s*[=!]=?\s*\w*$", text)
    prefix, dot, _ = word.rpartition(".")
    if dot:
        candidates = [f"{prefix}.{name}" for name in known] if prefix in PREFIXES else []
    else:
        candidates = [*STATUSES] if status else [*known, *FIELDS, *WORDS]
    found = [name for name in candidates if name.startswith(word) and name != word]
    return text[: match.start()] + found[0] if found and word not in candidates else ""


class _Reader:
    """Reads one condition, and knows where in the text each piece of it stands."""

    def __init__(self, text: str, known: list[str]) -> None:
        self.text = text
        self.known = set(known)
        self.offered = known[:OFFERED]
        self.names: set[str] = set()
        self._starts: list[tuple[int, int]] = []  # (place in the program, place in the text)
        self._program = self._translate()
        try:
            tree = ast.parse(self._program, mode="eval")
        except SyntaxError as error:
            brackets = self.text.count("(") != self.text.count(")")
            message = "a bracket has no partner" if brackets else NO_CONDITION
            raise FilterError(message, self._place(max(0, (error.offset or 1) - 1))) from None
        except (RecursionError, MemoryError):
            raise FilterError("nested too deep", 0) from None
        self.check = self._condition(tree.body)

    def _translate(self) -> str:
        """The text as Python has it: `=` is `==`, `2h` a number of seconds."""
        program, wants_value = "", True
        for match in _PIECE.finditer(self.text):
            piece = match[0]
            if match["blank"] and not program:  # Python would take it for a block
                continue
            if match["other"]:
                raise FilterError(f"{piece!r} is not understood here", match.start())
            self._starts.append((len(program), match.start()))
            if not match["blank"]:
                wants_value = self._follows(match, wants_value)
            if match["text"]:
                piece = repr(piece[1:-1])  # a backslash is one
            if match["number"]:
                number = float(match["number"]) * SECONDS[match["unit"] or "s"]
                piece = repr(number) if math.isfinite(number) else "1e999"
            program += _SIGNS.get(piece, piece) if match["sign"] else piece
        if wants_value:
            raise FilterError("something is missing at the end", len(self.text))
        return program

    def _follows(self, match: re.Match[str], wants_value: bool) -> bool:
        """Whether a value has to follow this piece, which has to be one if `wants_value`."""
        piece = match[0]
        if piece == "not" or (piece == "in" and not wants_value):
            return True
        joins = match["sign"] if piece not in ("(", ")") else None
        joins = joins or (piece if piece in ("and", "or") else None)
        if wants_value:
            if (joins and piece != "-") or piece == ")":
                raise FilterError("a value is missing before this", match.start())
            return bool(joins) or piece == "("
        if not joins and piece != ")":
            raise FilterError("a comparison, `and` or `or` is missing before this", match.start())
        return bool(joins)

    def _place(self, column: int) -> int:
        """Where in the text that place of the program is."""
        new, old = [start for start in self._starts if start[0] <= column][-1]
        return min(old + column - new, len(self.text))

    def _fail(self, node: ast.AST, message: str) -> FilterError:
        column = getattr(node, "col_offset", 0)
        return FilterError(message, self._place(len(self._program.encode()[:column].decode())))

    def _condition(self, node: ast.expr) -> Check:
        match node:
            case ast.BoolOp(kind, parts):
                checks = [self._condition(part) for part in parts]
                every = isinstance(kind, ast.And)
                return lambda facts: (all if every else any)(check(facts) for check in checks)
            case ast.UnaryOp(ast.Not(), part):
                inner = self._condition(part)
                return lambda facts: not inner(facts)
            case ast.Compare(left, kinds, others):
                return self._comparison([left, *others], kinds)
            case ast.Tuple():
                raise self._fail(node, "a comma stands only behind `in (`")
            case _:
                return self._operand(node)

    def _comparison(self, nodes: list[ast.expr], kinds: list[ast.cmpop]) -> Check:
        named = any(self._is_known(node) for node in nodes)
        operands = [self._operand(node, word_is_text=named) for node in nodes]
        steps = [
            (self._comparer(kind, node), left, right)
            for kind, node, left, right in zip(
                kinds, nodes[1:], operands, operands[1:], strict=False
            )
        ]
        return lambda facts: all(compare(a(facts), b(facts)) for compare, a, b in steps)

    def _comparer(self, kind: ast.cmpop, node: ast.expr) -> Callable[[Any, Any], bool]:
        if isinstance(kind, ast.Eq):
            return _equal
        if isinstance(kind, ast.NotEq):
            return lambda a, b: a is not None and b is not None and not _equal(a, b)
        if isinstance(kind, ast.In):
            return _inside
        if isinstance(kind, ast.NotIn):
            return lambda a, b: a is not None and b is not None and not _inside(a, b)
        order = _COMPARISONS.get(type(kind))
        if order is None:
            raise self._fail(node, "compare with < <= > >= == != or in")
        return lambda a, b: _comparable(a, b) and order(a, b)

    def _operand(self, node: ast.expr, *, word_is_text: bool = False) -> Check:
        match node:
            case ast.Constant(bool() | float() | str() as value):
                return lambda _facts: value
            case ast.Name("true" | "false" as word):
                return lambda _facts: word == "true"
            case ast.Name(name) if name in self.known:
                return self._fact(name)
            case ast.Name(name) if word_is_text:
                return lambda _facts: name
            case ast.Name(name):
                raise self._fail(node, self._unknown(name))
            case ast.Attribute(ast.Name(prefix), name) if prefix in PREFIXES:
                if name not in self.known:
                    raise self._fail(node, self._unknown(name))
                return self._fact(f"{prefix}.{name}")
            case ast.Attribute():
                raise self._fail(node, f"before a dot stands {', '.join(PREFIXES)}")
            case ast.UnaryOp(ast.USub(), inner):
                operand = self._operand(inner)
                return lambda facts: _sum(operator.sub, 0.0, operand(facts))
            case ast.BinOp(left, kind, right) if type(kind) in _SUMS:
                a, b, add = self._operand(left), self._operand(right), _SUMS[type(kind)]
                return lambda facts: _sum(add, a(facts), b(facts))
            case ast.Tuple(parts):
                operands = [self._operand(part, word_is_text=word_is_text) for part in parts]
                return lambda facts: tuple(operand(facts) for operand in operands)
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(ast.Not()):
                return self._condition(node)
            case _:
                raise self._fail(node, NO_CONDITION)

    def _fact(self, name: str) -> Check:
        self.names.add(name)
        return lambda facts: facts(name)

    def _is_known(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) or (
            isinstance(node, ast.Name) and node.id in self.known
        )

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.known, n=1)
        meant = f"did you mean {near[0]}?" if near else f"they have {', '.join(self.offered)}"
        return f"no run has {name}; {meant}"


def _comparable(a: Any, b: Any) -> bool:
    return (isinstance(a, str) and isinstance(b, str)) or (
        isinstance(a, int | float) and isinstance(b, int | float)
    )


def _equal(a: Any, b: Any) -> bool:
    """Equality; text without regard to case, and with `*` for anything."""
    if isinstance(a, str) and isinstance(b, str):
        return fnmatch.fnmatchcase(a.lower(), b.lower()) or a.lower() == b.lower()
    a, b = _as_number(a), _as_number(b)
    return a is not None and a == b


def _as_number(value: Any) -> Any:
    """A number that was given as text, to be compared with one: `layers == 2`."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _inside(a: Any, b: Any) -> bool:
    if isinstance(b, tuple):
        return any(_equal(a, part) for part in b)
    return isinstance(a, str) and isinstance(b, str) and a.lower() in b.lower()


def _sum(add: Callable[[float, float], float], a: Any, b: Any) -> float | None:
    if not (isinstance(a, int | float) and isinstance(b, int | float)):
        return None
    try:
        return add(a, b)
    except ArithmeticError:
        return None


def facts_of(*sources: Mapping[str, Value]) -> Facts:
    """Facts from mappings, the first that has a name answers."""
    return lambda name: next((source[name] for source in sources if name in source), None)
