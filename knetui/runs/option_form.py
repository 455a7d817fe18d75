"""The options of a model's main as fields of a form, read from its text; nothing is executed.

The names, types and defaults are those of main's keyword arguments, the help is the comment that
stands behind each. Values are checked by the parser that the run itself will use, built over the
types that were read here.
"""

import ast
import inspect
import io
import operator
import shlex
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin

Kind = Literal["switch", "whole", "number", "text", "choice", "many", "unknown"]
KIND_WORDS: dict[Kind, str] = {
    "switch": "yes or no",
    "whole": "a whole number",
    "number": "a number",
    "text": "text",
    "choice": "one of these",
    "many": "several, with blanks between",
    "unknown": "checked when the run starts",
}
PLAIN: dict[str, Any] = {"int": int, "float": float, "str": str, "bool": bool}
PLAIN_KINDS: dict[Any, Kind] = {int: "whole", float: "number", str: "text", bool: "switch"}


@dataclass(frozen=True)
class Option:
    """A keyword argument of main.

    annotation: its type, if it could be read.
    default: as text of the field; `source` is how it stands in the model.
    is_known: whether the default could be read; if not, the field is empty and `source` is shown.
    """

    name: str
    kind: Kind
    annotation: Any
    default: str
    value: Any
    is_known: bool
    source: str
    help: str
    choices: tuple[str, ...] = field(default=())

    @property
    def flag(self) -> str:
        """As it is written on a command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def expects(self) -> str:
        """What may be typed, in words."""
        return KIND_WORDS[self.kind]

    def tokens(self, text: str) -> list[str]:
        """The words of the command line that give this option the value `text`.

        Raises ValueError for a quotation mark without its partner.
        """
        if self.kind == "switch":
            return [self.flag if text == "true" else f"--no-{self.flag[2:]}"]
        if self.kind == "many":
            values = shlex.split(text)
            if not values:
                return [f"--empty-{self.flag[2:]}"]
            if any(looks_like_an_option(value) for value in values):
                return [f"{self.flag}={value}" for value in values]
            return [self.flag, *values]
        if looks_like_an_option(text):
            return [f"{self.flag}={text}"]
        return [self.flag, text]

    def complaint(self, text: str) -> str:
        """What is wrong with `text` as this option's value; "" if nothing is."""
        if self.kind == "unknown":
            return ""
        try:
            return _complaint(self, tuple(self.tokens(text)))
        except ValueError as error:
            return str(error)


def read_options(source: str) -> list[Option]:
    """The keyword arguments of main in a model's text, in order; empty if there is no main.

    Raises SyntaxError where the text is not Python.
    """
    try:
        tree = ast.parse(source.removeprefix("\ufeff"))
    except (ValueError, RecursionError, MemoryError) as error:  # NUL bytes, deep nesting
        raise SyntaxError(str(error) or type(error).__name__) from None
    names = _assigned(tree)
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    main = next((node for node in functions if node.name == "main"), None)
    if main is None:
        return []
    comments = _comments(source)
    positional = [*main.args.posonlyargs, *main.args.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(main.args.defaults))
    defaults += main.args.defaults
    pairs = [*zip(positional, defaults, strict=True)]
    pairs += zip(main.args.kwonlyargs, main.args.kw_defaults, strict=True)
    return [
        _option(argument, default, names, comments.get((default or argument).end_lineno or 0, ""))
        for argument, default in pairs
    ]


def parseable(options: list[Option]) -> Callable[..., Any]:
    """A function with these options as its keyword arguments, for a parser to look at."""

    def main(**_options: Any) -> None: ...

    parameters = [
        inspect.Parameter(
            option.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=option.value if option.is_known else None,
            annotation=option.annotation,
        )
        for option in options
    ]
    main.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    main.__annotations__ = {option.name: option.annotation for option in options}
    return main


def in_field(value: Any) -> str:
    """A value as the text of a field."""
    match value:
        case bool():
            return str(value).lower()
        case list() | tuple():
            return shlex.join(map(in_field, value))
        case float() if value.is_integer() and abs(value) < 1e15:
            return repr(value)
        case _:
            return str(value)


@cache
def _complaint(option: Option, tokens: tuple[str, ...]) -> str:
    from cyclopts import CycloptsError  # late: it takes 50 ms

    from knetengine.training.option_parser import in_a_line, option_parser

    parser = option_parser(parseable([option]), "main")
    try:
        parser.parse_args(list(tokens), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return in_a_line(error).removeprefix(f"Invalid value for {option.flag}: ")
    return ""


def looks_like_an_option(text: str) -> bool:
    """Whether a word of a command line would be taken for an option; a negative number is none."""
    if not text.startswith("-") or text == "-":
        return False
    try:
        float(text)
    except ValueError:
        return True
    return False


def _option(
    argument: ast.arg, default: ast.expr | None, names: dict[str, ast.expr], comment: str
) -> Option:
    try:
        value, is_known = _value(default, names), True
    except ValueError:
        value, is_known = None, False
    annotation = _type(argument.annotation, names)
    if argument.annotation is None and type(value) in PLAIN_KINDS:
        annotation = type(value)
    kind = _kind(annotation)
    return Option(
        name=argument.arg,
        kind=kind,
        annotation=annotation if kind != "unknown" else str,
        default=in_field(value) if is_known and value is not None else "",
        value=_frozen(value),
        is_known=is_known,
        source=ast.unparse(default) if default is not None else "",
        help=comment,
        choices=tuple(map(str, get_args(annotation))) if kind == "choice" else (),
    )


def _kind(annotation: Any) -> Kind:
    if annotation in PLAIN_KINDS:
        return PLAIN_KINDS[annotation]
    origin = get_origin(annotation)
    if origin is Literal:
        return "choice"
    if origin in (tuple, list):
        return "many"
    if origin is UnionType:
        return next(_kind(part) for part in get_args(annotation) if part is not type(None))
    return "unknown"


def _type(node: ast.expr | None, names: dict[str, ast.expr], depth: int = 0) -> Any:
    """The type that an annotation names, of those that a form has fields for; else None."""
    again = depth + 1
    match node:
        case _ if depth > 8:
            return None
        case ast.Name(name) if name in names:
            return _type(names[name], names, again)
        case ast.Name(name):
            return PLAIN.get(name)
        case ast.Constant(str() as text):
            try:
                return _type(ast.parse(text, mode="eval").body, names, again)
            except SyntaxError:
                return None
        case ast.BinOp(left, ast.BitOr(), ast.Constant(None)):
            inner = _type(left, names, again)
            return None if inner is None else inner | None
        case ast.Subscript(ast.Name(name) | ast.Attribute(attr=name), inside):
            parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            return _generic(name, parts, names, again)
        case _:
            return None


def _generic(name: str, parts: list[ast.expr], names: dict[str, ast.expr], depth: int) -> Any:
    if name == "Literal":
        values = [part.value for part in parts if isinstance(part, ast.Constant)]
        return Literal[tuple(values)] if len(values) == len(parts) else None
    if name == "Optional":
        inner = _type(parts[0], names, depth)
        return None if inner is None else inner | None
    types = [
        ... if isinstance(part, ast.Constant) and part.value is ... else _type(part, names, depth)
        for part in parts
    ]
    if name not in ("tuple", "list") or any(t is None for t in types):
        return None
    return tuple[tuple(types)] if name == "tuple" else list[types[0]]


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr | None, names: dict[str, ast.expr], depth: int = 0) -> Any:
    """The value of a default: literals, names of them, and sums. Raises ValueError for others."""
    again = depth + 1
    match node:
        case _ if depth > 50:
            raise ValueError("nested too deep")
        case None:
            raise ValueError("there is none")
        case ast.Constant(value):
            return value
        case ast.Name(name) if name in names:
            return _value(names[name], names, again)
        case ast.Tuple(parts) | ast.List(parts):
            return tuple(_value(part, names, again) for part in parts)
        case ast.UnaryOp(ast.USub(), operand):
            return -_number(operand, names, again)
        case ast.BinOp(left, kind, right):
            return _sum(_number(left, names, again), kind, _number(right, names, again))
        case _:
            raise ValueError("it is computed")


def _number(node: ast.expr, names: dict[str, ast.expr], depth: int) -> Any:
    value = _value(node, names, depth)
    if type(value) not in (int, float):
        raise ValueError("it is not a number")
    return value


def _sum(left: Any, kind: ast.operator, right: Any) -> Any:
    """Arithmetic on two numbers, as long as it is small: `10**9`, never `9**9**9`."""
    try:
        if isinstance(kind, ast.Pow):
            if abs(left) > 1e6 or abs(right) > 100:
                raise ValueError("too large")
            return left**right
        return _OPERATORS[type(kind)](left, right)
    except (KeyError, ArithmeticError) as error:
        raise ValueError(str(error)) from None


def _frozen(value: Any) -> Any:
    return value if not isinstance(value, list) else tuple(value)


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """What the names of the module stand for, where each is assigned once."""
    found: dict[str, ast.expr] = {}
    twice: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if isinstance(target, ast.Name):
            if target.id in found:
                twice.add(target.id)
            found[target.id] = value
    return {name: value for name, value in found.items() if name not in twice}


def _comments(source: str) -> dict[int, str]:
    """The comments of a text by the line they end."""
    comments: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                comments[token.start[0]] = token.string.lstrip("# ").strip()
    except (tokenize.TokenError, SyntaxError):
        pass
    return comments
