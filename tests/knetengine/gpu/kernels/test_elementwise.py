"""Every function of the table, in every dtype, against NumPy and SciPy."""

from typing import Any

import numpy as np
import pytest

from knetengine.autograd import vjp
from knetengine.gpu.drivers.interface import Driver
from knetengine.gpu.kernels import elementwise
from knetengine.gpu.kernels.expressions import ALIASES, EXPRESSIONS, FUNCTIONS, SLOPES, expression
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.promotion import computing, loop
from knetengine.nn import activations
from knetengine.selftest.meanings import RANGES, ULPS, arguments, meaning
from knetengine.selftest.numbers import LETTERS, samples, ulps
from tests.knetengine.gpu.kernels.board import Board

CASES = [
    (name, letter)
    for letter in LETTERS
    for name, row in FUNCTIONS.items()
    if elementwise.variants(name, [letter] * len(row.variables))
]


def ready(driver: Driver, letter: str) -> None:
    """Compile all kernels of a dtype at once; the tests of it share the module."""
    elementwise.prepare(
        driver,
        [
            v
            for name, row in EXPRESSIONS.items()
            for v in elementwise.variants(name, [letter] * len(row.variables))
        ],
    )


def evaluate(board: Board, name: str, values: list[Any], dtype: Any) -> np.ndarray:
    """What the kernel makes of arrays and numbers."""
    shape = np.broadcast_shapes(*(np.shape(v) for v in values))
    out = board.empty(shape, dtype)
    given = [board.put(v) if type(v) is np.ndarray else v for v in values]
    elementwise.apply(board.driver, name, given, out)
    return board.get(out)


def close(result: np.ndarray, expected: np.ndarray, bound: float) -> None:
    assert result.dtype == expected.dtype
    if result.dtype.kind != "f":
        np.testing.assert_array_equal(result, expected)
        return
    apart = ulps(result, expected)
    assert apart.max(initial=0) <= bound, (
        result[apart > bound][:5], expected[apart > bound][:5], apart.max()
    )  # fmt: skip


@pytest.mark.parametrize(("name", "letter"), CASES)
def test_a_function_is_numpy_s(board: Board, name: str, letter: str) -> None:
    ready(board.driver, letter)
    values = arguments(name, letter)
    row = expression(name)
    dtypes = loop(row, tuple(v.dtype for v in values))
    wide = [computing(d) if row.meaning in ("same", "floating") else d for d in dtypes]
    with np.errstate(all="ignore"):
        expected = meaning(name)(*(v.astype(d) for v, d in zip(values, wide, strict=False)))
        expected = np.asarray(expected).astype(dtypes[-1])
    bound = ULPS.get(name, 0)
    if dtypes[-1] == np.float16:
        bound = min(bound, 1)
    close(evaluate(board, name, values, dtypes[-1]), expected, bound)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_its_dtype_is_numpy_s(name: str) -> None:
    row = FUNCTIONS[name]
    for letters in (a + b for a in LETTERS for b in LETTERS):
        dtypes = [np.dtype(letters[k % 2]) for k in range(len(row.variables))]
        try:
            found = elementwise.result_dtype(name, *dtypes)
        except TypeError:
            continue
        with np.errstate(all="ignore"):
            values = [np.ones(2, d) for d in dtypes]
            if row.meaning == "floating":
                expected = np.result_type(*dtypes)
                expected = expected if expected.kind == "f" else np.dtype(float)
            elif row.meaning == "same":
                expected = np.result_type(*dtypes)
            else:
                expected = np.asarray(meaning(name)(*values)).dtype
        assert found == expected, (name, dtypes)


def test_every_universal_function_of_one_result_is_there() -> None:
    """All of NumPy's, but what works on bits of floats, on dates, on strings, or on matrices."""
    absent = {"nextafter", "spacing", "isnat", "matmul", "vecdot", "matvec", "vecmat"}
    ours = {ALIASES.get(n, n) for n in (*FUNCTIONS, *ALIASES)}
    for name, ufunc in vars(np).items():
        if isinstance(ufunc, np.ufunc) and ufunc.nout == 1 and name not in absent:
            assert ufunc.__name__ in ours | set(ALIASES) or name in ours, name


# Slopes


def _slope_cases() -> list[tuple[str, int]]:
    return [
        (name, k) for name, row in FUNCTIONS.items() for k, code in enumerate(row.slopes) if code
    ]


_RECORDED: dict[str, Any] = {
    n: getattr(activations, n) for n in ("relu", "sigm", "elu", "selu", "invx", "erf")
} | {"gelu": activations.gelu, "gelu_tanh": lambda x: activations.gelu(x, "tanh")}


@pytest.mark.parametrize(("name", "argument"), _slope_cases())
def test_a_slope_is_that_of_the_tape_or_of_small_differences(
    board: Board, name: str, argument: int
) -> None:
    ready(board.driver, "d")
    row = FUNCTIONS[name]
    rng = np.random.default_rng(11)
    low, high = RANGES.get(name, (0.1, 0.9) if name != "arccosh" else (1.1, 4.0))
    values = [rng.uniform(low, high, 40) for _ in row.variables]
    kinks = name in ("maximum", "minimum", "fmax", "fmin", "absolute", "relu", "hypot")
    if kinks:
        values = [v - 0.5 for v in values]
        values[0][:4], values[-1][:4] = 0.0, 0.0
    if name == "hypot":
        values[1][:2] = 0.0
    if name in ("jn", "yn"):
        values[0] = np.resize(np.arange(-2.0, 4.0), 40)
    g = rng.standard_normal(40)
    r = np.asarray(meaning(name)(*values))
    given = dict(zip(("x", "y"), values, strict=False), g=g, r=r)
    if len(values) == 1:
        given["y"] = r
    suffix = str(argument + 1) if len(values) > 1 else ""
    slope = SLOPES[f"{name}back{suffix}"]
    found = evaluate(board, slope.name, [given[v] for v in slope.variables], np.float64)
    function = _RECORDED.get(name, meaning(name) if row.meaning.startswith("np.") else None)
    if name in ("ldexp", "conjugate", "clip"):
        function = None
    if function is not None:
        _, pull = vjp(function, *values)
        expected = np.asarray(pull(g)[argument])
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
        return
    step = 1e-6
    above, below = list(values), list(values)
    above[argument], below[argument] = values[argument] + step, values[argument] - step
    numeric = g * (meaning(name)(*above) - meaning(name)(*below)) / (2 * step)
    np.testing.assert_allclose(found, numeric, rtol=2e-6, atol=1e-7 * max(1, np.abs(r).max()))


def test_knet_s_names_of_slopes_are_there() -> None:
    assert {"invxback", "reluback", "sigmback", "tanhback"} <= set(SLOPES)


# Shapes, strides, numbers


@pytest.mark.parametrize(
    ("x_shape", "y_shape"),
    [
        ((), ()), ((1,), (1,)), ((0,), (0,)), ((3, 0, 2), (1, 1, 2)), ((5,), ()), ((4, 5), (5,)),
        ((4, 5), (4, 1)), ((4, 1), (1, 5)), ((2, 3, 4, 5), (3, 1, 5)), ((1, 1, 7), (2, 3, 1)),
        ((2, 1, 3, 1, 2, 1, 2, 2), (1, 2, 1, 2, 2, 3, 1, 1)), ((301, 7), (301, 7)),
    ],
)  # fmt: skip
def test_shapes_broadcast(board: Board, x_shape: Any, y_shape: Any) -> None:
    rng = np.random.default_rng(0)
    x = np.asarray(rng.standard_normal(x_shape)).astype("f")
    y = np.asarray(rng.standard_normal(y_shape)).astype("f")
    np.testing.assert_array_equal(evaluate(board, "subtract", [x, y], np.float32), x - y)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T, lambda a: a[::2], lambda a: a[:, ::-1], lambda a: a[::-1, ::-3],
        lambda a: a[1:, 2:], lambda a: a[..., None], lambda a: a[3:3], lambda a: a[:, 4],
        lambda a: a.T[::-2, 1:-1],
    ],
)  # fmt: skip
def test_strides_of_all_kinds_are_read_and_written(board: Board, view: Any) -> None:
    base = np.arange(6 * 9, dtype="f").reshape(6, 9)
    x = view(base)
    np.testing.assert_array_equal(evaluate(board, "negative", [x], np.float32), -x)
    target = np.full((6, 9), 100, "f")
    out = board.put(view(target))
    elementwise.unary(board.driver, "square", board.put(x), out)
    np.testing.assert_array_equal(board.get(out), x * x)


def test_what_lies_between_the_entries_stays(board: Board) -> None:
    target = np.arange(20.0).reshape(4, 5)
    whole = board.put(target)
    part = whole._replace(
        shape=(4, 2), strides=(40, 16), address=type(whole.address)(whole.address + 8)
    )
    elementwise.fill(board.driver, part, -1)
    expected = target.copy()
    expected[:, 1:4:2] = -1
    np.testing.assert_array_equal(board.get(whole), expected)


def test_the_result_may_be_an_argument_but_not_overlap_one(board: Board) -> None:
    x = np.arange(10.0)
    there = board.put(x)
    elementwise.binary(board.driver, "add", there, there, there)
    np.testing.assert_array_equal(board.get(there), x + x)
    shifted = there._replace(shape=(9,), address=type(there.address)(there.address + 8))
    with pytest.raises(ValueError, match="overlaps"):
        elementwise.unary(board.driver, "negative", there._replace(shape=(9,)), shifted)
    interleaved = there._replace(shape=(5,), strides=(16,))
    with pytest.raises(ValueError, match="overlaps"):
        elementwise.unary(board.driver, "negative", there._replace(shape=(5,)), interleaved)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("number", [3, True, 2.5, np.float32(0.1), np.int64(4)])
def test_numbers_adapt_as_numpy_s_do(board: Board, letter: str, number: Any) -> None:
    x = samples(letter, 5, 9) if letter in "?B" else np.arange(9).astype(letter)
    with np.errstate(all="ignore"):
        expected = np.multiply(x, number)
    if expected.dtype.char not in "efdil?Bq":
        with pytest.raises(TypeError, match="kernels know"):
            elementwise.result_dtype("multiply", x.dtype, number)
        return
    assert elementwise.result_dtype("multiply", x.dtype, number) == expected.dtype
    np.testing.assert_array_equal(
        evaluate(board, "multiply", [x, number], expected.dtype), expected
    )
    np.testing.assert_array_equal(
        evaluate(board, "multiply", [number, x], expected.dtype), expected
    )


@pytest.mark.parametrize(
    "number", [-1, 255, 256, 2**31, 2**40, -(2**63), 2**63, -(2**63) - 1, 2**70]
)
@pytest.mark.parametrize("letter", "Bil")
def test_integers_are_compared_with_any_number(board: Board, letter: str, number: int) -> None:
    x = samples(letter, 1, 30)
    for name in ("less", "equal", "greater_equal"):
        expected = getattr(np, name)(x, number)
        np.testing.assert_array_equal(evaluate(board, name, [x, number], bool), expected)


def test_a_number_that_an_integer_cannot_hold_is_refused(board: Board) -> None:
    x = board.put(np.arange(4, dtype="B"))
    with pytest.raises(OverflowError, match="300"):
        elementwise.binary(board.driver, "add", x, 300, board.empty((4,), "B"))


@pytest.mark.parametrize("source", LETTERS)
@pytest.mark.parametrize("target", LETTERS)
def test_casts_are_numpy_s(board: Board, source: str, target: str) -> None:
    x = samples(source, 2, 120)
    if source in "efd" and target in "ilB":  # what an integer cannot hold is undefined
        x = np.where(np.abs(x) < (200 if target == "B" else 3e4), np.abs(x), 0).astype(source)
    out = board.empty(x.shape, target)
    elementwise.cast(board.driver, board.put(x), out)
    with np.errstate(all="ignore"):
        expected = x.astype(target)
    if target in "efd":
        close(board.get(out), expected, 0)
    else:
        np.testing.assert_array_equal(board.get(out), expected)


def test_every_float16_comes_and_goes_as_it_is(board: Board) -> None:
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    wide = board.empty(halves.shape, np.float32)
    elementwise.cast(board.driver, board.put(halves), wide)
    np.testing.assert_array_equal(board.get(wide), halves.astype(np.float32))
    back = board.empty(halves.shape, np.float16)
    elementwise.cast(board.driver, wide, back)
    np.testing.assert_array_equal(board.get(back), halves)


def test_numbers_between_two_halves_go_to_the_even_one(board: Board) -> None:
    halves = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float64)
    middles = (halves[:-1] + halves[1:]) / 2
    near = np.concatenate([middles, np.nextafter(middles, 0), np.nextafter(middles, np.inf)])
    near = np.concatenate([near, -near, [65519.999, 65520.0, 1e-300, -1e300]])
    for letter in "fd":
        with np.errstate(all="ignore"):
            x = near.astype(letter)
            expected = x.astype(np.float16)
        out = board.empty(x.shape, np.float16)
        elementwise.cast(board.driver, board.put(x), out)
        np.testing.assert_array_equal(board.get(out).view(np.uint16), expected.view(np.uint16))


@pytest.mark.parametrize("letter", LETTERS)
def test_fill_casts_its_number(board: Board, letter: str) -> None:
    for value in (0, 1, 2.75, True, np.float16(7)):
        out = board.empty((3, 5), letter)
        elementwise.fill(board.driver, out, value)
        np.testing.assert_array_equal(board.get(out), np.full((3, 5), value).astype(letter))


def test_arguments_of_several_dtypes_meet_in_the_kernel(board: Board) -> None:
    x, y = np.arange(6, dtype="i").reshape(2, 3), np.linspace(0, 1, 3, dtype="f")
    expected = np.add(x, y)
    assert expected.dtype == np.float64
    np.testing.assert_array_equal(evaluate(board, "add", [x, y], np.float64), expected)
    where = x % 2 == 0
    result = evaluate(board, "where", [where, x, y], np.float64)
    np.testing.assert_array_equal(result, np.where(where, x, y))
    masked = evaluate(board, "where", [where, 0.0, y], np.float32)
    np.testing.assert_array_equal(masked, np.where(where, np.float32(0), y))


def test_the_computing_dtype_can_be_given(board: Board) -> None:
    x = np.array([1, 7, -3], "i")
    out = board.empty((3,), np.float32)
    d = np.dtype(np.float64)
    elementwise.binary(board.driver, "divide", board.put(x), 3, out, loop=(d, d, d))
    np.testing.assert_array_equal(board.get(out), (x / 3).astype("f"))


def test_nothing_is_launched_for_nothing(driver: Driver, board: Board) -> None:
    class Refusing:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    nothing = Operand(board.scratch(1), (0, 3), (12, 4), np.dtype("f"))
    elementwise.unary(Refusing(), "exp", nothing, nothing)  # pyright: ignore


def test_what_does_not_fit_is_refused(board: Board) -> None:
    x = board.put(np.zeros((2, 3), "f"))
    with pytest.raises(ValueError, match=r"shape \(2, 3\) does not broadcast to \(3, 2\)"):
        elementwise.unary(board.driver, "exp", x, board.empty((3, 2), "f"))
    with pytest.raises(KeyError, match="expp"):
        elementwise.unary(board.driver, "expp", x, x)
    with pytest.raises(TypeError, match="takes 2 arguments"):
        elementwise.unary(board.driver, "add", x, x)
    with pytest.raises(TypeError, match="int8"):
        elementwise.result_dtype("negative", np.dtype(np.int8))
