"""Kernels that work entry by entry, made of the table of expressions when they are first needed.

A kernel is for one expression and one choice of dtypes. There are two of each: for arrays that lie
in memory in one piece, and for any strides, with broadcasting. Numbers go by value.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from knetengine.gpu.drivers.interface import Argument, Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.expressions import EXPRESSIONS, expression
from knetengine.gpu.kernels.operand import (
    Operand,
    broadcast,
    collapse,
    in_elements,
    layout,
    may_overlap,
)
from knetengine.gpu.kernels.promotion import Kind, c_type, computing, tag
from knetengine.gpu.kernels.promotion import loop as promoted

Number: TypeAlias = bool | int | float | np.generic
Dtypes: TypeAlias = tuple[np.dtype[Any], ...]

_COMPARISONS = frozenset({"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"})


class Variant(NamedTuple):
    """One kernel.

    stored: the dtypes of the arguments as they are stored; None for a number, which is passed as it
        is computed in.
    loop: the dtypes that they are computed in, and last that of the result.
    out: the dtype that the result is stored in.
    """

    name: str
    stored: tuple[np.dtype[Any] | None, ...]
    loop: Dtypes
    out: np.dtype[Any]
    flat: bool

    @property
    def kernel(self) -> str:
        """The kernel's name, which says all of the variant."""
        stored = "_".join("by_value" if d is None else tag(d) for d in self.stored)
        loop = "_".join(map(tag, self.loop))
        kind = "flat" if self.flat else "strided"
        return f"kn_{self.name}_of_{stored}_in_{loop}_to_{tag(self.out)}_{kind}"


def text(variant: Variant) -> str:
    """The CUDA C++ of one kernel."""
    row = EXPRESSIONS[variant.name]
    parameters = ["i64 n"]
    loads: list[str] = []
    walked: list[str] = []
    for v, stored, dtype in zip(row.variables, variant.stored, variant.loop, strict=False):
        kind = c_type(computing(dtype))
        if stored is None:
            parameters.append(f"{kind} {v}")
            continue
        walked.append(v)
        parameters.append(f"const {c_type(stored)}* {v}_at")
        value = f"{v}_at[{'i' if variant.flat else f'{v}_place'}]"
        if stored != dtype:
            value = f"kn_cast<{c_type(dtype)}>({value})"
        loads.append(f"const {kind} {v} = kn_cast<{kind}>({value});")
    parameters.append(f"{c_type(variant.out)}* to")
    where = "i"
    if not variant.flat:
        parameters += [f"Layout {v}_layout" for v in (*walked, "to")]
        loads = [_places((*walked, "to")), *loads]
        where = "to_place"
    first, result = c_type(computing(variant.loop[0])), c_type(variant.loop[-1])
    value = f"kn_cast<{result}>({row.code})"
    if variant.out != variant.loop[-1]:
        value = f"kn_cast<{c_type(variant.out)}>({value})"
    body = "\n        ".join((*loads, f"to[{where}] = {value};"))
    return f"""
extern "C" __global__ void {variant.kernel}({", ".join(parameters)}) {{
    typedef {first} T;
    KN_GRID_STRIDE(i, n) {{
        {body}
    }}
}}
"""


def _places(names: Sequence[str]) -> str:
    """Code that finds where entry i of each array lies; they are of one shape."""
    zeros = ", ".join(f"{v}_place = 0" for v in names)
    steps = " ".join(f"{v}_place += along * {v}_layout.strides[d];" for v in names)
    last = " ".join(f"{v}_place += rest * {v}_layout.strides[0];" for v in names)
    return f"""i64 rest = i, {zeros};
        KN_UNROLL for (i32 d = KN_AXES - 1; d > 0; d--) {{
            if (d < to_layout.ndim) {{
                const i64 above = rest / to_layout.shape[d];
                const i64 along = rest - above * to_layout.shape[d];
                {steps}
                rest = above;
            }}
        }}
        {last}"""


def source(variants: Iterable[Variant]) -> str:
    """A complete source of some kernels."""
    return modules.preamble("special.cuh") + "".join(map(text, variants))


def prepare(driver: Driver, variants: Iterable[Variant]) -> None:
    """Compile kernels ahead, all in one go: less work than each at its first launch."""
    wanted = [v for v in variants if not modules.is_kept(driver, v.kernel)]
    if wanted:
        module = driver.load(source(wanted))
        for variant in wanted:
            modules.keep(driver, variant.kernel, driver.function(module, variant.kernel))


def unary(
    driver: Driver,
    name: str,
    x: Operand | Number,
    out: Operand,
    *,
    loop: Dtypes | None = None,
    stream: Handle = 0,
) -> None:
    """``out = name(x)``, entry by entry; `x` broadcasts to the shape of `out`.

    name: of a function of the table, or an alias.
    x: an array, or a number.
    loop: the dtypes to compute in, of the arguments and of the result; NumPy's choice if None.

    `out` may be `x` itself, but not overlap it otherwise.
    Raises KeyError for an unknown name; TypeError for dtypes that the function has not, and another
    number of arguments; ValueError for shapes that don't broadcast, and where `out` overlaps an
    argument.
    """
    apply(driver, name, (x,), out, loop=loop, stream=stream)


def binary(
    driver: Driver,
    name: str,
    x: Operand | Number,
    y: Operand | Number,
    out: Operand,
    *,
    loop: Dtypes | None = None,
    stream: Handle = 0,
) -> None:
    """``out = name(x, y)``, entry by entry; otherwise as `unary`."""
    apply(driver, name, (x, y), out, loop=loop, stream=stream)


def ternary(
    driver: Driver,
    name: str,
    x: Operand | Number,
    y: Operand | Number,
    z: Operand | Number,
    out: Operand,
    *,
    loop: Dtypes | None = None,
    stream: Handle = 0,
) -> None:
    """``out = name(x, y, z)``, entry by entry; otherwise as `unary`."""
    apply(driver, name, (x, y, z), out, loop=loop, stream=stream)


def result_dtype(name: str, *arguments: Operand | Number | np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of the result of a function: NumPy's. Of an array its dtype is enough.

    Raises TypeError for dtypes that the function has not.
    """
    kinds = tuple(a if isinstance(a, np.dtype) else _kind(a) for a in arguments)
    return promoted(expression(name), kinds)[-1]


def cast(driver: Driver, x: Operand, out: Operand, *, stream: Handle = 0) -> None:
    """Convert to the dtype of `out`, as NumPy's astype; `x` broadcasts. Otherwise as `unary`."""
    apply(driver, "positive", (x,), out, loop=(x.dtype, x.dtype), stream=stream)


def fill(driver: Driver, out: Operand, value: Number, *, stream: Handle = 0) -> None:
    """Set every entry to a number, converted to the dtype of `out`."""
    apply(driver, "positive", (value,), out, loop=(out.dtype, out.dtype), stream=stream)


def apply(
    driver: Driver,
    name: str,
    arguments: Sequence[Operand | Number],
    out: Operand,
    *,
    loop: Dtypes | None = None,
    stream: Handle = 0,
) -> None:
    """``out = name(*arguments)``, of any number of arguments; otherwise as `unary`."""
    row = expression(name)
    dtypes = promoted(row, tuple(map(_kind, arguments))) if loop is None else loop
    if row.name in _COMPARISONS:
        arguments, dtypes = _comparable(arguments, dtypes)
    if out.size == 0:
        return
    arrays = [broadcast(a, out.shape) for a in arguments if isinstance(a, Operand)]
    for array in arrays:
        if may_overlap(array, out):
            raise ValueError(f"{name}: `out` overlaps an argument; copy that first")
    walked = (*arrays, out)
    shape, strides = collapse(out.shape, *(a.strides for a in walked))
    flat = len(shape) == 1 and all(
        shape == (1,) or s == (a.dtype.itemsize,) for s, a in zip(strides, walked, strict=True)
    )
    variant = Variant(
        row.name,
        tuple(a.dtype if isinstance(a, Operand) else None for a in arguments),
        dtypes,
        out.dtype,
        flat,
    )
    function = modules.generated(driver, variant.kernel, lambda: source([variant]))
    given: list[Argument] = [np.int64(out.size)]
    for argument, dtype in zip(arguments, dtypes, strict=False):
        given.append(
            argument.address if isinstance(argument, Operand) else by_value(argument, dtype)
        )
    given.append(out.address)
    if not flat:
        for steps, a in zip(strides, walked, strict=True):
            given.append(layout(shape, in_elements(steps, a.dtype.itemsize)))
    grid, block = geometry.entries(out.size)
    driver.launch(function, grid, block, given, stream=stream)


def _kind(argument: Operand | Number) -> Kind:
    """What a dtype is chosen by."""
    if isinstance(argument, Operand | np.generic):
        return argument.dtype
    return np.dtype(bool) if type(argument) is bool else type(argument)


def by_value(number: Number, dtype: np.dtype[Any]) -> np.generic:
    """A number rounded to a dtype, as kernels compute in it.

    Raises OverflowError for a Python integer that an integer dtype cannot hold.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if isinstance(number, int) and not isinstance(number, bool) and dtype.kind in "iu":
            rounded = np.asarray(number, dtype)
        else:
            rounded = np.asarray(number).astype(dtype)
        return computing(dtype).type(rounded)


def _comparable(
    arguments: Sequence[Operand | Number], dtypes: Dtypes
) -> tuple[Sequence[Operand | Number], Dtypes]:
    """Numbers and dtypes to compare arrays of integers with any Python integer, as NumPy does.

    An integer that int64 does not hold is beyond all of an array: it is compared as an infinity.
    """
    found = list(arguments)
    for place, number in enumerate(arguments):
        if type(number) is not int or dtypes[0].kind not in "iu":
            continue
        if -(2**63) <= number < 2**63:
            limits = np.iinfo(dtypes[0].type)
            wide = dtypes[0] if limits.min <= number <= limits.max else np.dtype(np.int64)
        else:
            found[place] = math.copysign(math.inf, number)
            wide = np.dtype(np.float64)
        dtypes = (wide, wide, dtypes[-1])
    return found, dtypes


def variants(name: str, letters: Sequence[str]) -> list[Variant]:
    """The kernels of a function for arguments of the dtypes of NumPy's letters, flat and strided.

    None where the function has no such dtypes.
    """
    row = expression(name)
    kinds = tuple(map(np.dtype, letters))
    try:
        dtypes = promoted(row, kinds)
    except TypeError:
        return []
    return [Variant(row.name, kinds, dtypes, dtypes[-1], flat) for flat in (True, False)]
