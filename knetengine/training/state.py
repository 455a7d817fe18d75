"""The state of living objects: taken as plain data for a checkpoint, and put back into them.

Arrays, generators, optimisers, lists and dicts are restored where they are, so that whoever holds
one of them finds it as it was. Numbers and text cannot be; inside a container they are replaced.
"""

import dataclasses
import json
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from knetengine.autograd.parameters import Param
from knetengine.device_arrays import DeviceArray

KINDS = (
    "arrays, numbers, text, np.random.Generator, optimisers and other dataclasses, in lists, "
    "tuples and dicts"
)


class StateError(ValueError):
    """Something that a checkpoint cannot hold, or that is not what a checkpoint holds of it."""


def captured(thing: Any, name: str = "") -> Any:
    """The state of `thing` as arrays, numbers, text and None in lists, tuples and dicts.

    Arrays are not copied, but those of devices are. Raises StateError naming what has no state that
    is known.
    """
    if isinstance(thing, dict):
        items = cast("dict[Any, Any]", thing).items()
        return {key: captured(item, f"{name}[{key!r}]") for key, item in items}
    if isinstance(thing, list | tuple):
        items = cast("list[Any]", thing)
        plain = [captured(item, f"{name}[{i}]") for i, item in enumerate(items)]
        return plain if isinstance(thing, list) else tuple(plain)
    if isinstance(thing, np.random.Generator):
        return json.dumps(thing.bit_generator.state)  # numbers of 128 bits, which JSON has
    if isinstance(thing, Param):
        return {"value": thing.value, "opt": captured(thing.opt, f"{name}.opt")}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return {
            field: captured(getattr(thing, field), f"{name}.{field}") for field in _names(thing)
        }
    if isinstance(thing, DeviceArray):
        return np.asarray(thing)
    if isinstance(thing, np.ndarray | np.generic) and not thing.dtype.hasobject:
        return thing
    if thing is None or isinstance(thing, bool | int | float | str):
        return thing
    where = name or "the whole"
    raise StateError(f"{where} is a {type(thing).__name__}; a checkpoint holds {KINDS}")


def restore(thing: Any, saved: Any, name: str = "") -> Any:
    """Put a captured state back into `thing`; gives `thing`, or what has to stand in its place.

    Raises StateError naming the first part that differs in kind, shape or dtype: the state is
    another model's, or that of other options.
    """
    for kind, put_back in _RESTORERS:
        if isinstance(thing, kind):
            return put_back(thing, saved, name)
    if dataclasses.is_dataclass(thing):
        return _restore_fields(thing, saved, name)
    return saved


def _restore_dict(thing: dict[Any, Any], saved: Any, name: str) -> Any:
    _check(isinstance(saved, dict) and list(saved) == list(thing), thing, saved, name)
    for key, item in saved.items():
        thing[key] = restore(thing[key], item, f"{name}[{key!r}]")
    return thing


def _restore_list(thing: list[Any], saved: Any, name: str) -> Any:
    _check(isinstance(saved, list), thing, saved, name)
    if not thing:  # it has grown since, as the state of an optimiser does
        thing[:] = saved
        return thing
    _check(len(saved) == len(thing), thing, saved, name)
    thing[:] = [
        restore(item, part, f"{name}[{i}]")
        for i, (item, part) in enumerate(zip(thing, saved, strict=True))
    ]
    return thing


def _restore_tuple(thing: tuple[Any, ...], saved: Any, name: str) -> Any:
    if not thing:
        return saved
    _check(isinstance(saved, tuple) and len(saved) == len(thing), thing, saved, name)
    parts = [
        restore(item, part, f"{name}[{i}]")
        for i, (item, part) in enumerate(zip(thing, saved, strict=True))
    ]
    make = cast("Any", getattr(type(thing), "_make", tuple))
    return make(parts)


def _restore_generator(thing: np.random.Generator, saved: Any, name: str) -> Any:
    _check(isinstance(saved, str), thing, saved, name)
    try:
        thing.bit_generator.state = json.loads(saved)
    except (ValueError, TypeError, KeyError) as error:
        raise StateError(f"{name} is a generator, and the checkpoint has none for it") from error
    return thing


def _restore_param(thing: Param, saved: Any, name: str) -> Any:
    _check(isinstance(saved, dict) and {"value", "opt"} == set(saved), thing, saved, name)
    thing.value = restore(thing.value, saved["value"], f"{name}.value")
    thing.opt = restore(thing.opt, saved["opt"], f"{name}.opt")
    return thing


def _restore_array(thing: np.ndarray[Any, Any], saved: Any, name: str) -> Any:
    _check(_is_like(saved, thing), thing, saved, name)
    if not thing.flags.writeable:
        return saved
    thing[...] = saved
    return thing


def _restore_device_array(thing: DeviceArray, saved: Any, name: str) -> Any:
    _check(_is_like(saved, thing), thing, saved, name)
    thing[...] = thing.beside(saved)
    return thing


def _is_like(saved: Any, thing: Any) -> bool:
    return (
        isinstance(saved, np.ndarray) and saved.shape == thing.shape and saved.dtype == thing.dtype
    )


def _restore_fields(thing: Any, saved: Any, name: str) -> Any:
    _check(isinstance(saved, dict) and set(saved) == set(_names(thing)), thing, saved, name)
    for field, item in saved.items():
        value = restore(getattr(thing, field), item, f"{name}.{field}")
        object.__setattr__(thing, field, value)  # frozen ones too
    return thing


_RESTORERS: tuple[tuple[Any, Callable[[Any, Any, str], Any]], ...] = (
    (dict, _restore_dict),
    (list, _restore_list),
    (tuple, _restore_tuple),
    (np.random.Generator, _restore_generator),
    (Param, _restore_param),
    (np.ndarray, _restore_array),
    (DeviceArray, _restore_device_array),
    (np.generic, lambda thing, saved, name: type(thing)(saved)),
)


def _names(thing: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(thing)]


def _check(holds: bool, thing: Any, saved: Any, name: str) -> None:
    if not holds:
        raise StateError(
            f"{name} is {_described(thing)} here and {_described(saved)} in the checkpoint: that "
            "is another model's, or of other options"
        )


def _described(thing: Any) -> str:
    if isinstance(thing, np.ndarray | DeviceArray):
        return f"an array of shape {thing.shape}, {thing.dtype}"
    if isinstance(thing, list | tuple | dict):
        return f"a {type(cast('Any', thing)).__name__} of {len(cast('Any', thing))}"
    return f"a {type(thing).__name__}"
