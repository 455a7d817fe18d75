"""Derivatives of functions whose results are not single numbers, and second derivatives.

Forward derivatives need no rules of their own: what a pull gives is linear in the gradient that it
is given, so the pull is recorded, and walked back once more.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from knetengine.autograd import nonfinite
from knetengine.autograd.backward import conform, walk_back, walk_back_recording, zeros
from knetengine.autograd.containers import flatten
from knetengine.autograd.primitives import Function
from knetengine.autograd.recorded import Recorded, plain
from knetengine.autograd.recorded_call import PARAMETER, RecordedCall, name_of_function
from knetengine.autograd.transforms import grad
from knetengine.device_arrays import DeviceArray


def vjp(f: Function, *args: Any, **kwargs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of f, and the function that pulls a gradient of the value back to the arguments.

    f: any function of floating arrays, numbers and containers of them; its result may be an
        array, a number, or a container of them.
    The pull takes a gradient with the containers and shapes of the value, any number of times,
    and gives a tuple with a gradient for each argument, in its containers. Inside another
    gradient it is recorded.

        value, pull = vjp(np.sin, 2.0)
        pull(1.0) == (np.cos(2.0),)
    """
    with nonfinite.watch():
        call = RecordedCall(f, tuple(range(len(args))), args, kwargs)
        result = _Result(call)
        call.close()
    return result.value, lambda gradient: call.pull(result.seeds(gradient), again=True)


class _Result:
    """The result of a recorded call, taken apart.

    positions: of its leaves on the tape, -1 for a leaf that does not depend on the arguments.
    value: the result as the caller gets it: plain, or recorded if an enclosing gradient wants it.
    """

    def __init__(self, call: RecordedCall) -> None:
        self.leaves, self.rebuild = flatten(call.result)
        self.positions = [call.position(leaf) for leaf in self.leaves]
        self.plain = [plain(leaf) for leaf in self.leaves]
        self.value = call.result if call.nested else self.rebuild(iter(self.plain))
        self.name = name_of_function(call.f)

    def seeds(self, gradient: Any) -> list[tuple[int, Any]]:
        """The gradients of the leaves, where one depends on the arguments."""
        given = flatten(gradient)[0]
        if len(given) != len(self.leaves):
            raise TypeError(
                f"the result of {self.name} has {len(self.leaves)} leaves, the gradient to pull "
                f"back has {len(given)}; give one of the same containers"
            )
        pairs = zip(self.positions, given, self.plain, strict=True)
        return [(p, self._fitting(g, value)) for p, g, value in pairs if p >= 0]

    def _fitting(self, gradient: Any, value: Any) -> Any:
        if np.shape(plain(gradient)) != np.shape(value):
            raise ValueError(
                f"the result of {self.name} has a leaf of shape {np.shape(value)}, but the "
                f"gradient to pull back has shape {np.shape(plain(gradient))}"
            )
        if isinstance(gradient, Recorded | DeviceArray) or isinstance(value, float | complex):
            return conform(gradient, value)
        array = np.asarray(gradient, value.dtype)
        if isinstance(value, DeviceArray) and not array.ndim:  # a number belongs to any device
            return value.beside(array)
        return array[()]


class _Linearization:
    """A call of f, and the linear function that approximates it there.

    The pull of a gradient `u`, all ones, is recorded after the call on the same tape. What it
    gives for each parameter is linear in `u`; pulling tangents back from there to `u` is pushing
    them forward through f.
    """

    def __init__(
        self, f: Function, argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        outer = RecordedCall(self._record, (), (f, argnums, args, kwargs), {})
        outer.close()
        self.outer = outer

    def _record(
        self, f: Function, argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        call = RecordedCall(f, argnums, args, kwargs)
        self.result = _Result(call)
        self.parameters = call.parameters
        self.first = len(call.tape)
        seeds: list[tuple[int, Any]] = []
        for position, value in zip(self.result.positions, self.result.plain, strict=True):
            one = _ones(value)
            if position >= 0:
                seeds.append((position, Recorded(one, len(call.tape), call.tape)))
            call.tape.append((PARAMETER, (), (), {}, one, None, 0))
        self.pulled = walk_back_recording(call.tape, call.first, call.count, seeds)

    def push(self, tangents: Sequence[Any]) -> Any:
        """The tangents of the result, for those of the parameters' leaves."""
        seeds = [
            (pulled.index, conform(tangent, pulled.value))
            for pulled, tangent in zip(self.pulled, tangents, strict=True)
            if type(pulled) is Recorded and pulled.index >= self.first
        ]
        count = len(self.result.leaves)
        if self.outer.nested:
            slots = walk_back_recording(self.outer.tape, self.first, count, seeds)
        else:
            slots = walk_back(list(self.outer.entries), self.first, count, seeds)
        pairs = zip(slots, self.result.plain, strict=True)
        leaves = [zeros(value) if slot is None else _like(slot, value) for slot, value in pairs]
        return self.result.rebuild(iter(leaves))


def _ones(value: Any) -> Any:
    return type(value)(1) if isinstance(value, float | complex) else np.ones_like(value)[()]


def _like(gradient: Any, value: Any) -> Any:
    """An array for an array, a number for a number."""
    if isinstance(value, np.ndarray) and isinstance(gradient, np.generic):
        return np.asarray(gradient)
    return gradient


def jvp(
    f: Function, args: Sequence[Any], tangents: Sequence[Any], **kwargs: Any
) -> tuple[Any, Any]:
    """The value of f, and its derivative along a direction.

    args: the arguments of f, all of them floating arrays, numbers or containers of them.
    tangents: the direction, one for each argument, of the same containers and shapes.

    The derivative has the containers and shapes of the value. Composes with itself and with `grad`
    to any order.

        jvp(np.sin, (2.0,), (1.0,)) == (np.sin(2.0), np.cos(2.0))
    """
    if len(tangents) != len(args):
        raise TypeError(f"{len(args)} argument(s) need as many tangents, not {len(tangents)}")
    with nonfinite.watch():
        linearization = _Linearization(f, tuple(range(len(args))), tuple(args), kwargs)
        leaves: list[Any] = []
        for number, (parameter, tangent) in enumerate(
            zip(linearization.parameters, tangents, strict=True)
        ):
            leaves += _matching(parameter, tangent, f"tangent {number} of {name_of_function(f)}")
        return linearization.result.value, linearization.push(leaves)


def _matching(parameter: Any, nest: Any, name: str) -> list[Any]:
    """The leaves of a nest for those leaves of an argument that are not constants."""
    leaves = flatten(nest)[0]
    if len(leaves) != len(parameter.values):
        raise TypeError(
            f"{name} has {len(leaves)} leaves, its argument {len(parameter.values)}; give one of "
            "the same containers"
        )
    matching: list[Any] = []
    for leaf, index, value in zip(leaves, parameter.indices, parameter.values, strict=True):
        if index < 0:
            continue
        if np.shape(plain(leaf)) != np.shape(value):
            raise ValueError(
                f"{name} has a leaf of shape {np.shape(plain(leaf))}, but its argument has shape "
                f"{np.shape(value)} there"
            )
        leaf = float(leaf) if isinstance(leaf, int) else leaf
        matching.append(leaf)
    return matching


Mode = Literal["reverse", "forward"]


def jacobian(
    f: Function, argnum: int | tuple[int, ...] = 0, *, mode: Mode = "reverse"
) -> Callable[..., Any]:
    """The function that computes the Jacobian of f with respect to argument `argnum`.

    f: a function whose result is an array, a number, or a container of them.
    argnum: the position of the argument, or a tuple of positions (the result is then a tuple).
    mode: "reverse" pulls back once for each entry of the result, "forward" pushes forward once
        for each entry of the argument: choose by which are fewer. f itself is called once.

    The Jacobian has the shape of the result followed by the shape of the argument, and the dtype
    of the argument; for containers, the containers of the result, and in each leaf those of the
    argument. For a complex argument it is that of `grad`'s convention.

        jacobian(lambda x: x**2)(np.array([1.0, 3.0]))  # [[2, 0], [0, 6]]
    """
    if mode not in ("reverse", "forward"):
        raise ValueError(f"the mode is 'reverse' or 'forward', not {mode!r}")
    argnums = argnum if isinstance(argnum, tuple) else (argnum,)
    compute = _by_rows if mode == "reverse" else _by_columns

    @functools.wraps(f)
    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        with nonfinite.watch():
            result, leaves = compute(f, argnums, args, kwargs)
        if not isinstance(argnum, tuple):
            leaves = [blocks[0] for blocks in leaves]
        return result.rebuild(iter(leaves))

    return jacobian_of_f


def _by_rows(
    f: Function, argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[_Result, list[tuple[Any, ...]]]:
    """For each leaf of the result, the Jacobian of each argument: a pull for each entry."""
    call = RecordedCall(f, argnums, args, kwargs)
    result = _Result(call)
    call.close()
    blocks: list[tuple[Any, ...]] = []
    for position, value in zip(result.positions, result.plain, strict=True):
        shape = np.shape(value)
        rows = [
            call.pull([(position, seed)] if position >= 0 else [], again=True)
            for seed in _one_hot(value)
        ]
        blocks.append(tuple(_stacked(call, number, rows, shape) for number in range(len(argnums))))
    return result, blocks


def _one_hot(value: Any) -> Any:
    """For each entry of a plain value an array of its kind that is 1 there and 0 elsewhere."""
    if np.ndim(value) == 0:
        yield _ones(value)
        return
    for index in np.ndindex(value.shape):
        seed = np.zeros(value.shape, value.dtype)
        seed[index] = 1
        yield seed


def _stacked(
    call: RecordedCall, number: int, rows: list[tuple[Any, ...]], shape: tuple[int, ...]
) -> Any:
    """The rows of one argument's Jacobian put together, leaf by leaf."""
    parameter = call.parameters[number]
    leaves: list[Any] = []
    columns = [flatten(row[number])[0] for row in rows]
    for place, (index, value) in enumerate(zip(parameter.indices, parameter.values, strict=True)):
        if index < 0:
            leaves.append(None)
        elif shape == ():
            leaves.append(columns[0][place])
        else:
            whole = (*shape, *np.shape(value))
            stacked = np.stack([column[place] for column in columns]) if columns else _none(value)
            leaves.append(np.reshape(stacked, whole))
    return parameter.rebuild(iter(leaves))


def _none(value: Any) -> Any:
    return np.zeros(0, getattr(value, "dtype", type(value)))


def _by_columns(
    f: Function, argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[_Result, list[tuple[Any, ...]]]:
    """The same by a push for each entry of the arguments."""
    linear = _Linearization(f, argnums, args, kwargs)
    result = linear.result
    nothing = [
        zeros(value)
        for parameter in linear.parameters
        for index, value in zip(parameter.indices, parameter.values, strict=True)
        if index >= 0
    ]
    blocks: list[list[Any]] = [[] for _ in result.leaves]
    place = 0
    for parameter in linear.parameters:
        arguments: list[list[Any]] = [[] for _ in result.leaves]
        for index, value in zip(parameter.indices, parameter.values, strict=True):
            if index < 0:
                for leaves in arguments:
                    leaves.append(None)
                continue
            columns = [
                flatten(linear.push([*nothing[:place], seed, *nothing[place + 1 :]]))[0]
                for seed in _one_hot(value)
            ]
            place += 1
            for number, (leaves, output) in enumerate(zip(arguments, result.plain, strict=True)):
                parts = [column[number] for column in columns]
                leaves.append(_side_by_side(parts, np.shape(output), value))
        for block, leaves in zip(blocks, arguments, strict=True):
            block.append(parameter.rebuild(iter(leaves)))
    return result, [tuple(block) for block in blocks]


def _side_by_side(columns: list[Any], shape: tuple[int, ...], value: Any) -> Any:
    """Columns put together, as an array of the argument's dtype; a number for two numbers."""
    if shape == () and np.ndim(value) == 0:
        return conform(columns[0], value)
    whole = (*shape, *np.shape(value))
    stacked = np.stack(columns, axis=-1) if columns else _none(value)
    dtype = getattr(value, "dtype", None) or np.result_type(type(value))
    stacked = np.reshape(stacked, whole)
    return stacked if stacked.dtype == dtype else np.astype(stacked, dtype)


def hessian(f: Function, argnum: int = 0, *, mode: Mode = "reverse") -> Callable[..., Any]:
    """The function that computes the matrix of second derivatives of f.

    f: a function whose result is a single number.
    mode: how the Jacobian of the gradient is computed, see `jacobian`.

    Its shape is that of the argument twice; for containers, containers in containers.
    """
    return jacobian(grad(f, argnum), argnum, mode=mode)


def hvp(f: Function, argnum: int = 0) -> Callable[..., Any]:
    """The function that computes the Hessian of f times a vector, without the Hessian.

    It takes the arguments of f and then the vector, which has the containers and shapes of
    argument `argnum`; so does what it gives.

        hvp(lambda x: np.sum(x**3))(x, v)  # 6 * x * v
    """

    @functools.wraps(f)
    def product(*args: Any, **kwargs: Any) -> Any:
        *arguments, vector = args
        if len(arguments) <= argnum:
            raise TypeError(
                f"the Hessian of {name_of_function(f)} takes its arguments and then the vector"
            )

        def along(*inner: Any) -> Any:
            gradient = flatten(grad(f, argnum)(*inner, **kwargs))[0]
            direction = flatten(vector)[0]
            if len(direction) != len(gradient):
                raise TypeError(
                    f"the vector has {len(direction)} leaves, argument {argnum} has "
                    f"{len(gradient)}; give one of the same containers"
                )
            pairs = zip(gradient, direction, strict=True)
            return sum(np.sum(g * v) for g, v in pairs if g is not None)

        return grad(along, argnum)(*arguments)

    return product
