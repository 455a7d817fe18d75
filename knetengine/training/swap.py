"""Hot swap: new code for the functions of a running program, taken back when it fails.

A function keeps its identity and gets another `__code__`, so that whoever holds it (``grad(loss)``
made at the beginning) calls the new one; weights, optimisers and whatever else the program holds
are not touched. A changed function runs on trial first: when it raises, all functions get their old
code again, and the call is made once more with that, so the step goes on.
"""

import ast
import inspect
import linecache
from types import CodeType, FunctionType
from typing import Any, NamedTuple, cast

TRIAL = "__knet_trial__"  # the name by which functions on trial find their swap
Names = dict[str, Any]


class SwapError(Exception):
    """New source that cannot take the place of the old one: it is no Python, or its top fails."""


class Version(NamedTuple):
    """What makes a function do what it does."""

    code: CodeType
    defaults: tuple[Any, ...] | None
    keyword_defaults: dict[str, Any] | None
    annotations: dict[str, Any]
    doc: str | None

    @staticmethod
    def of(function: FunctionType) -> "Version":
        """The version that a function is."""
        return Version(
            function.__code__,
            function.__defaults__,
            function.__kwdefaults__,
            function.__annotations__,
            function.__doc__,
        )

    def give_to(self, function: FunctionType) -> None:
        """Make `function` do this from its next call on."""
        function.__code__, function.__defaults__ = self.code, self.defaults
        function.__kwdefaults__ = cast("dict[str, Any]", self.keyword_defaults)
        function.__annotations__, function.__doc__ = self.annotations, self.doc


class Slot:
    """A function of the program, with its old version and its new one."""

    def __init__(self, function: FunctionType, new: FunctionType) -> None:
        self.function = function
        self.old, self.new = Version.of(function), Version.of(new)
        self.candidate = new
        self.on_trial = False

    def try_out(self, name: str) -> None:
        """Have calls of the function come to `Swap.call` first."""
        source = f"def {name}(*args, **kwargs):\n    return {TRIAL}({name!r}, args, kwargs)\n"
        place: Names = {}
        exec(source, place)
        Version(place[name].__code__, None, None, self.new.annotations, self.new.doc).give_to(
            self.function
        )
        self.on_trial = True

    def settle(self, version: Version) -> None:
        """Leave the trial with one of the versions."""
        version.give_to(self.function)
        self.on_trial = False


class Swap:
    """One change of a program's source, between two of its steps.

    changed: the functions and classes that are not what they were, in the order of the source.
    failure: what the first call of a changed function raised, if it did; then the old code is back.
    """

    def __init__(self, namespace: Names, path: str, old: str, new: str) -> None:
        self.changed: list[str] = []
        self.failure: Exception | None = None
        self._namespace, self._path = namespace, path
        self._before = dict(namespace)
        self._lines_before = linecache.cache.get(path)
        self._old, self._new = old, new
        self._slots: dict[str, Slot] = {}
        self._moved: list[tuple[FunctionType, Version]] = []
        self._attributes: list[tuple[type, str, Any]] = []
        self._depth = 0

    def install(self) -> None:
        """Have the program run the new source from here on.

        Raises SwapError, from what was raised, when the source is no program or what stands at
        its top, beside the functions, fails; nothing has changed then.
        """
        try:
            tree = ast.parse(self._new, self._path)
            whole = compile(tree, self._path, "exec", dont_inherit=True)
            known = {_key(node) for node in ast.parse(self._old).body}
            fresh = [node for node in tree.body if _counts(node) and _key(node) not in known]
            self.changed = [node.name for node in fresh if isinstance(node, _Definition)]
            self._take_lines()
            self._namespace[TRIAL] = self.call
            self._execute(tree, fresh)
        except Exception as error:
            self.roll_back()
            raise SwapError(str(error)) from error
        codes = {code.co_name: code for code in whole.co_consts if isinstance(code, CodeType)}
        for name, thing in self._before.items():
            function = _innermost(thing)
            if name not in self.changed and name in codes and function is not None:
                self._move(function, codes[name])

    def call(self, name: str, args: tuple[Any, ...], kwargs: Names) -> Any:
        """Call a function that is on trial; if it fails, its old version with the same arguments.

        Only the outermost of nested calls goes back: what an inner one raised may be the fault of
        how an outer one, new as well, called it.
        """
        slot = self._slots[name]
        if self._depth:
            return slot.candidate(*args, **kwargs)
        self._depth += 1
        try:
            result = slot.candidate(*args, **kwargs)
        except Exception as error:
            self.failure = error
        else:
            slot.settle(slot.new)
            return result
        finally:
            self._depth -= 1
        self.roll_back()
        return slot.function(*args, **kwargs)

    def accept(self) -> None:
        """Trust the functions that have not been called yet, too."""
        for slot in self._slots.values():
            slot.settle(slot.new)

    def roll_back(self) -> None:
        """Give every function its old code again, and the namespace its old names."""
        for slot in self._slots.values():
            slot.settle(slot.old)
        for function, version in self._moved:
            version.give_to(function)
        for owner, name, value in self._attributes:
            if value is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
        for name in [name for name in self._namespace if name not in self._before]:
            del self._namespace[name]
        self._namespace.update(self._before)
        if self._lines_before is not None:
            linecache.cache[self._path] = self._lines_before

    def _take_lines(self) -> None:
        lines = self._new.splitlines(keepends=True)
        linecache.cache[self._path] = (len(self._new), None, lines, self._path)

    def _execute(self, tree: ast.Module, fresh: list[ast.stmt]) -> None:
        """Execute what is new of the source: functions, imports, constants; not its last lines.

        Each function takes the place of the old one before the next line is executed, so that
        ``lossgradient = grad(loss)`` below it holds the function that later swaps will change.
        """
        future = [
            node
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        ]
        for node in fresh:
            part = ast.Module([*future, node], [])
            exec(compile(part, self._path, "exec", dont_inherit=True), self._namespace)
            if isinstance(node, _Definition):
                self._replace(node.name)

    def _replace(self, name: str) -> None:
        """Put what a name means now into what it meant before, if that can be done."""
        old, new = self._before.get(name), self._namespace[name]
        if isinstance(old, type) and isinstance(new, type):
            self._replace_class(old, new)
            self._namespace[name] = old
            return
        function, candidate = _innermost(old), _innermost(new)
        if function is None or candidate is None or not _alike(function, candidate):
            return  # the name means something else now; who held the old thing keeps it
        self._namespace[name] = old
        slot = self._slots[name] = Slot(function, candidate)
        if inspect.isgeneratorfunction(candidate) or inspect.iscoroutinefunction(candidate):
            slot.settle(slot.new)  # a call of one executes nothing yet
        else:
            slot.try_out(name)

    def _replace_class(self, old: type, new: type) -> None:
        """Give a class the methods of its successor, so that its objects have them too."""
        for name, thing in vars(new).items():
            if name in ("__dict__", "__weakref__", "__module__", "__qualname__"):
                continue
            if name in vars(old) and vars(old)[name] is thing:
                continue
            self._attributes.append((old, name, vars(old).get(name, _MISSING)))
            setattr(old, name, thing)

    def _move(self, function: FunctionType, code: CodeType) -> None:
        """A function that is the same, but may stand at another line."""
        if function.__code__.co_freevars == code.co_freevars:
            self._moved.append((function, Version.of(function)))
            function.__code__ = code


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_MISSING = object()


def _key(node: ast.stmt) -> str:
    return ast.dump(node)


def _counts(node: ast.stmt) -> bool:
    """Whether a statement is a part of the program that can be swapped.

    A text alone does nothing, and ``if __name__ == "__main__":`` starts the program.
    """
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return False
    return not (isinstance(node, ast.If) and "__name__" in ast.dump(node.test))


def _innermost(thing: Any) -> FunctionType | None:
    """The function inside its decorators, if they say what they wrap."""
    while hasattr(thing, "__wrapped__"):
        thing = thing.__wrapped__
    return thing if isinstance(thing, FunctionType) else None


def _alike(one: FunctionType, other: FunctionType) -> bool:
    """Whether one function can have the code of the other: no closures, the same globals."""
    return (
        one.__globals__ is other.__globals__
        and not one.__code__.co_freevars
        and not other.__code__.co_freevars
    )
