"""Looks into objects without running any code of theirs: no properties, no `__getattr__`.

Only `type(x)` is asked, never `x.__class__`, and only dictionaries that C code hands out.
"""

import builtins
import types
from typing import Any

_module_dict = vars(types.ModuleType)["__dict__"].__get__
class_dict = type.__dict__["__dict__"].__get__
class_mro = type.__dict__["__mro__"].__get__
class_flags = type.__dict__["__flags__"].__get__

MISSING = object()


def is_a(value: object, kind: type) -> bool:
    """Like isinstance, but asks only the true type."""
    return kind in class_mro(type(value))


def resolve(dotted: str, namespace: dict[str, Any]) -> Any:
    """The object that a dotted name stands for, or MISSING where only code could tell."""
    first, *rest = dotted.split(".")
    value: Any = namespace.get(first, vars(builtins).get(first, MISSING))
    for name in rest:
        if value is MISSING:
            break
        value = _attribute(value, name)
    return value


def attribute_names(value: Any) -> set[str]:
    """The names that `dir` would list, found in the dictionaries alone."""
    names: set[str] = set()
    for table in _tables(value):
        names.update(key for key in list(table) if type(key) is str)
    if is_a(value, types.ModuleType):  # names that the module loads on first use
        listed = _module_dict(value).get("__all__")
        if type(listed) in (list, tuple):
            names.update(name for name in listed if type(name) is str)
    return names


def _tables(value: Any) -> list[Any]:
    """The dictionaries in which attributes of the value may stand, nearest first."""
    if is_a(value, type):
        return [class_dict(cls) for cls in class_mro(value)]
    classes = [class_dict(cls) for cls in class_mro(type(value))]
    if is_a(value, types.ModuleType):
        return [_module_dict(value)]
    own: Any = next((table["__dict__"] for table in classes if "__dict__" in table), None)
    if type(own) in (types.GetSetDescriptorType, types.MemberDescriptorType):
        return [own.__get__(value), *classes]
    return classes


def _attribute(value: Any, name: str) -> Any:
    for table in _tables(value):
        if name in table:
            return _plain(table[name], value)
    return MISSING


def _plain(found: Any, owner: Any) -> Any:
    kind: type = type(found)
    if kind is types.MemberDescriptorType and not is_a(owner, type):  # a slot
        try:
            return found.__get__(owner)
        except AttributeError:
            return MISSING
    if kind in (staticmethod, classmethod):
        return found.__func__
    if kind is property or kind is types.GetSetDescriptorType:
        return MISSING
    return found
