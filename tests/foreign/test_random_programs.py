"""The gradients of random programs are PyTorch's: `pip install torch==2.13.0`, `pytest -m peers`.

A program is up to 25 steps, each of which takes leaves or results of earlier steps. It is drawn
together with its values, so that every step has operands that fit, no comparison is near a tie and
nothing overflows; then both engines run it. A shorter program of the same seed is the same as far
as it goes: of those that fail hypothesis shows the shortest, and `gradcheck` says who is right.
"""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knetengine import checkpoint, grad, hvp, value_and_grad

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

LARGEST_SIZE = 64  # entries of an array
LARGEST_MAGNITUDE = 1e3  # what grows beyond is tamed
GAP = 1e-4  # what is closer is a tie: rounding would decide it, in each engine differently
TOLERANCES = {"float64": 1e-9, "float32": 1e-4}  # of the largest magnitude, or of 1

Function = Callable[..., Any]


class Operation(NamedTuple):
    """A step, how operands and constants are drawn, which are accepted, and what PyTorch does."""

    ours: Function
    draw: Function
    accepts: Function = lambda *_: True
    peer: Function | None = None  # the same Python


class Program(NamedTuple):
    """Leaves, what is done with them, and the weights of the values whose sum is the result."""

    leaves: list[np.ndarray]
    steps: list[tuple[str, tuple[int, ...], tuple[Any, ...]]]  # name, numbers of values, constants
    weights: dict[int, np.ndarray]

    def __str__(self) -> str:
        lines = [f"v{number} = {leaf!r}" for number, leaf in enumerate(self.leaves)]
        for number, (name, operands, constants) in enumerate(self.steps, len(self.leaves)):
            arguments = [f"v{n}" for n in operands] + [repr(c) for c in constants]
            lines.append(f"v{number} = {name}({', '.join(arguments)})")
        return "\n".join([*lines, f"the weighted sum of {[f'v{n}' for n in self.weights]}"])


def draw_program(random: Random, dtype: str, length: int) -> Program:
    """A program of which the result takes what no step took, so that every step matters."""
    lengths = [random.randint(1, 4) for _ in range(3)]  # few, so that leaves match
    shapes = [random.choices(lengths, k=random.randint(0, 3)) for _ in range(random.randint(2, 4))]
    leaves = [draw_leaf(random, shape, dtype) for shape in shapes]
    values: list[Any] = list(leaves)
    steps: list[Any] = []
    for _ in range(10 * length):
        if len(steps) == length:
            break
        name = random.choice(list(OPERATIONS))
        ours, draw, accepts, _ = OPERATIONS[name]
        drawn = draw(random, values, ours)
        if drawn is None:
            continue
        operands, constants = drawn
        arguments = [*(values[n] for n in operands), *constants]
        if accepts(*arguments) and runs(ours, *arguments):
            steps.append((name, operands, constants))
            values.append(ours(*arguments))
    used = {number for _, operands, _ in steps for number in operands}
    ends = [number for number in range(len(leaves), len(values)) if number not in used]
    return Program(leaves, steps, {number: waves(values[number]) for number in ends})


def draw_leaf(random: Random, shape: list[int], dtype: str) -> np.ndarray:
    """An array, some of them positive, some transposed."""
    entries = np.random.default_rng(random.randrange(2**32)).normal(size=shape)
    entries = np.abs(entries) + 0.3 if random.randrange(3) == 2 else entries
    return np.asarray(entries.T if random.randrange(2) else entries, dtype)


def waves(like: Any) -> np.ndarray:
    """Numbers between -1 and 1 without a pattern, of this shape and dtype."""
    return np.cos(1 + np.arange(np.size(like))).reshape(np.shape(like)).astype(like.dtype)


def runs(function: Function, *arguments: Any) -> bool:
    """Whether the function takes these, and gives what is neither empty nor large."""
    try:
        with np.errstate(all="ignore"):
            value = function(*arguments)
    except (ValueError, IndexError):
        return False
    return 0 < np.size(value) <= LARGEST_SIZE and bool(np.max(np.abs(value)) <= LARGEST_MAGNITUDE)


# How operands and constants are drawn


def taking(count: int, *constants: Function, least: int = 0) -> Function:
    """One or two values, the first of at least so many dimensions, and constants that fit it."""

    def draw(random: Random, values: list[Any], ours: Function) -> Any:
        numbers = pick(random, values, lambda x: np.ndim(x) >= least)
        drawn = tuple(c(random, values[numbers[0]]) for c in constants) if numbers else ()
        if count == 2 and numbers:
            first = values[numbers[0]]
            numbers += pick(random, values, lambda y: runs(ours, first, y, *drawn))
        return (tuple(numbers), drawn) if len(numbers) == count else None

    return draw


unary, binary = partial(taking, 1), partial(taking, 2)


def pick(random: Random, values: list[Any], fits: Function) -> list[int]:
    """The number of a value that fits, half of the time one of the latest; empty if none does."""
    fitting = [number for number, value in enumerate(values) if fits(value)]
    return [random.choice(fitting[-4:] if random.randrange(2) else fitting)] if fitting else []


def one_of(*options: Any) -> Function:
    return lambda random, x: random.choice(options)


def axis(random: Random, x: Any) -> int:
    return random.randrange(-x.ndim, x.ndim)


def axes(random: Random, x: Any) -> tuple[int, ...]:
    """One axis or more, in any order."""
    return tuple(random.sample(range(x.ndim), random.randint(min(1, x.ndim), x.ndim)))


def basic_index(random: Random, x: Any) -> tuple[Any, ...]:
    """Integers, new axes, and slices of either direction, for some of the axes."""
    entries: list[Any] = []
    for length in x.shape[: random.randint(1, x.ndim)]:
        step = slice(random.choice((None, 1, -1)), None, random.choice((-1, 1, -2, 2)))
        entries += random.choice(([random.randrange(-length, length)], [step], [None, step]))
    return tuple(entries)


def rows(random: Random, x: Any) -> np.ndarray:
    """Numbers of entries of the first axis, with repeats, in one dimension or two."""
    numbers = [random.randrange(-len(x), len(x)) for _ in range(4)]
    return np.reshape(numbers, random.choice((4, (2, 2), (4, 1))))


def ranks(random: Random, x: Any) -> np.ndarray:
    """A permutation for each row of the last axis."""
    return np.argsort(np.random.default_rng(random.randrange(2**32)).random(x.shape), -1)


def between(low: float, high: float) -> Function:
    return lambda x, *_: np.min(x) > low and np.max(x) < high


def apart(x: Any, y: Any = 0, *_: Any) -> Any:
    return np.min(np.abs(x - y)) > GAP


def all_apart(x: Any, chosen: int | tuple[int, ...], *_: Any) -> Any:
    """Whether no two entries tie, along axes that are taken together."""
    chosen = chosen if isinstance(chosen, tuple) else (chosen,)
    length = np.prod([x.shape[n] for n in chosen], dtype=int)
    last = np.moveaxis(x, chosen, range(-len(chosen), 0)).reshape(-1, length)  # (rest, length)
    return np.all(np.diff(np.sort(last)) > GAP)


def scattered(x: Any, chosen: tuple[int, ...], correction: int) -> Any:
    """Whether there is a variance, far from zero."""
    return np.prod([x.shape[n] for n in chosen]) > correction and np.var(x, chosen).min() > 0.01


# The steps; those of several lines first


def steered(x: Any, count: int) -> Any:
    """A closure, a branch, and loops that use a variable again."""

    def inner(y: Any) -> Any:
        return x * y / 2 + count

    total = inner(x) if x.sum() > 0.1 else 3 - x
    for n in range(count):
        total = 0.5 * total * x + n
    while (total * total).sum() > 1:
        total = total / 2
    return inner(total)


def written(x: Any, y: Any, row: int) -> Any:
    copy = x * 1
    copy[row] = y
    copy[0] += x[row] * y
    return copy


def logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    largest = np.max(x, axis=axis, keepdims=True)
    total = np.sum(np.exp(x - largest), axis=axis, keepdims=True)
    return np.sum(np.log(total) + largest, axis=axis, keepdims=keepdims)


def peer_item(x: Any, index: tuple[Any, ...]) -> Any:
    """What `x[index]` is; PyTorch's own slices go forwards only."""
    place, entries = 0, []
    for entry in index:
        if isinstance(entry, slice):
            x = torch.index_select(x, place, torch.tensor(range(x.shape[place])[entry]).long())
        entries.append(slice(None) if isinstance(entry, slice) else entry)
        place += entry is not None
    return x[tuple(entries)]


def spelt(function: Function, draw: Function, *accepts: Function) -> Operation:
    """The same with `numpy` or `torch` as the first argument."""
    return Operation(partial(function, np), draw, *accepts, peer=partial(function, torch))


FORMULAS = ["i,i->", "i,j->ij", "i,ij->j", "i,...i->...i", "ij,jk->ik", "ij,kj->ki", "ij,ij->i"]
FORMULAS += ["ij,j->i", "ij,jk->", "jk,ij->kij", "bij,bjk->bik", "bij,j->ib", "bij,kj->bik"]
UNARY = ["...i->...", "...ij->...ji", "i...->i", "ii->i", "ij->"]
positive, moderate, tame = between(0.1, 1e3), between(-20, 5), between(-20, 20)
permuted = unary(lambda random, x: random.sample(range(x.ndim), x.ndim))
ranked = unary(ranks, one_of(-1), least=1)
reduced = unary(axes, one_of(False, True))
varying = unary(axes, one_of(0, 1), least=1)
OPERATIONS: dict[str, Operation] = {
    "add": Operation(lambda x, y: x + y, binary()),
    "subtract": Operation(lambda x, y: x - y, binary()),
    "multiply": Operation(lambda x, y: x * y, binary()),
    "divide": Operation(lambda x, y: x / y, binary(), lambda x, y: positive(abs(y))),
    "number first": Operation(lambda x, c: c - c * x / 2, unary(one_of(-1.5, 2, 0.7))),
    "number over": Operation(lambda x, c: c / x, unary(one_of(-1.5, 2)), positive),
    "power": Operation(lambda x, c: x**c, unary(one_of(2, 3, 2.0))),
    "root": Operation(lambda x, c: x**c, unary(one_of(-1, -2, 0.5, 1.5, -0.5)), positive),
    "power of number": Operation(lambda x, c: c**x, unary(one_of(0.5, 2)), moderate),
    "power of both": Operation(lambda x, y: x**y, binary(), positive),
    "exp": spelt(lambda m, x: m.exp(x), unary(), moderate),
    "log": spelt(lambda m, x: m.log(x), unary(), positive),
    "sqrt": spelt(lambda m, x: m.sqrt(x), unary(), positive),
    "tanh": spelt(lambda m, x: m.tanh(x), unary()),
    "sin": spelt(lambda m, x: m.sin(x), unary(), tame),
    "abs": Operation(abs, unary(), apart),
    "relu": Operation(lambda x: np.maximum(x, 0), unary(), apart, torch.relu),
    "maximum": spelt(lambda m, x, y: m.maximum(x, y), binary(), apart),
    "minimum": spelt(lambda m, x, y: m.minimum(x, y), binary(), apart),
    "where": spelt(lambda m, x, y: m.where(x > y, x * y, x + y), binary(), apart),
    "matmul": spelt(lambda m, x, y: m.matmul(x, y), binary(least=1)),
    "@": Operation(lambda x, y: x @ y, binary(least=1)),
    "einsum": spelt(lambda m, x, y, f: m.einsum(f, x, y), binary(one_of(*FORMULAS), least=1)),
    "einsum of one": spelt(lambda m, x, f: m.einsum(f, x), unary(one_of(*UNARY), least=2)),
    "einsum of three": spelt(lambda m, x, y: m.einsum("ij,jk,ij->ki", x, y, x), binary(least=2)),
    "sum": spelt(lambda m, x, n, k: m.sum(x, axis=n, keepdims=k), reduced),
    "mean": spelt(lambda m, x, n, k: m.mean(x, axis=n, keepdims=k), reduced),
    "max": spelt(lambda m, x, n, k: m.amax(x, axis=n, keepdims=k), reduced, all_apart),
    "min": spelt(lambda m, x, n, k: m.amin(x, axis=n, keepdims=k), reduced, all_apart),
    "prod": spelt(lambda m, x, n: m.prod(x, axis=n), unary(axis, least=1)),
    "logsumexp": Operation(logsumexp, reduced, tame, torch.logsumexp),
    "var": spelt(lambda m, x, n, c: m.var(x, axis=n, correction=c), varying, scattered),
    "std": spelt(lambda m, x, n, c: m.std(x, axis=n, correction=c), varying, scattered),
    "cumsum": spelt(lambda m, x, n: m.cumsum(x, n), unary(axis, least=1)),
    "sort": Operation(np.sort, unary(axis, least=1), all_apart, lambda x, n: torch.sort(x, n)[0]),
    "reshape": spelt(lambda m, x, s: m.reshape(x, s), unary(one_of((-1,), (2, -1), (-1, 3)))),
    "transpose": Operation(np.transpose, permuted, peer=torch.permute),
    "moveaxis": spelt(lambda m, x, n, to: m.moveaxis(x, n, to), unary(axis, axis, least=1)),
    "swapaxes": spelt(lambda m, x, n, to: m.swapaxes(x, n, to), unary(axis, axis, least=1)),
    "expand_dims": Operation(np.expand_dims, unary(one_of(0, -1)), peer=torch.unsqueeze),
    "squeeze": spelt(lambda m, x, n: m.squeeze(x, n), unary(axis, least=1)),
    "item": Operation(lambda x, index: x[index], unary(basic_index, least=1), peer=peer_item),
    "last item": Operation(lambda x, n: x[..., n], unary(one_of(0, -1), least=1)),
    "rows": Operation(lambda x, n: x[n], unary(rows, least=1)),
    "columns": Operation(lambda x, n: x[..., n % x.shape[-1]], unary(rows, least=2)),
    "pairs": Operation(lambda x, n: x[n, ..., n % x.shape[-1]], unary(rows, least=2)),
    "mask": Operation(lambda x, numbers, _: x[numbers > 0], ranked),
    "rows by mask": Operation(lambda x, numbers: x[numbers[..., 0] > 0], unary(ranks, least=2)),
    "take_along_axis": Operation(np.take_along_axis, ranked, peer=torch.take_along_dim),
    "concatenate": spelt(lambda m, x, y, n: m.concatenate([x, y, x], n), binary(axis, least=1)),
    "stack": spelt(lambda m, x, y, n: m.stack([x, y], n), binary(one_of(0, -1))),
    "steered": Operation(steered, unary(one_of(0, 1, 2))),
    "list": Operation(lambda x: sum([row * n for n, row in enumerate(x, 1)]), unary(least=1)),
    "write": Operation(written, binary(axis, least=1)),
    "checkpoint": Operation(checkpoint(np.tanh), unary(), peer=torch.tanh),
    "gradient": Operation(grad(lambda x: np.sum(np.sin(x))), unary(), tame, torch.cos),
}


def to_torch(x: Any) -> Any:
    return torch.tensor(x.copy()) if isinstance(x, np.ndarray) else x


def result(leaves: Any, program: Program, peer: bool = False) -> Any:
    """The value of a program in one of the engines."""
    array = to_torch if peer else lambda x: x
    values = list(leaves)
    for name, operands, constants in program.steps:
        operation = OPERATIONS[name]
        function = operation.peer if peer and operation.peer else operation.ours
        values.append(function(*(values[n] for n in operands), *map(array, constants)))
    return sum((values[n] * array(weight)).sum() for n, weight in program.weights.items())


def peer_derivatives(program: Program, directions: list[np.ndarray]) -> list[list[Any]]:
    """From PyTorch, the value, the gradients, and the Hessian times the directions."""

    def gradients_of(value: Any) -> Any:
        if not value.requires_grad:
            return [torch.zeros_like(leaf) for leaf in leaves]
        return torch.autograd.grad(value, leaves, create_graph=True, materialize_grads=True)

    leaves = [to_torch(leaf).requires_grad_() for leaf in program.leaves]
    value = result(leaves, program, True)
    gradients = gradients_of(value)
    pairs = zip(gradients, map(to_torch, directions), strict=True)
    products = gradients_of(sum((gradient * direction).sum() for gradient, direction in pairs))
    # A copy, because `numpy` refuses a zero that PyTorch has not stored (and crashes when forced)
    return [[x.detach().clone().numpy() for x in part] for part in ([value], gradients, products)]


@pytest.mark.parametrize(("dtype", "highest"), [("float64", 2), ("float32", 1)])
@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**24 - 1), length=st.integers(1, 25))
def test_derivatives_are_pytorch_s(dtype: str, highest: int, seed: int, length: int) -> None:
    program = draw_program(Random(seed), dtype, length)
    directions = [waves(leaf) for leaf in program.leaves]
    value, gradients = value_and_grad(result)(program.leaves, program)
    derivatives = [value], gradients, hvp(result)(program.leaves, program, directions)
    pairs = zip(derivatives, peer_derivatives(program, directions), strict=True)
    for order, (ours, peer) in enumerate(pairs):
        tolerance = TOLERANCES[dtype] * max(1.0, *(np.max(np.abs(x)) for x in peer))
        for mine, other in zip(ours, peer, strict=True):
            assert (mine.dtype, mine.shape) == (other.dtype, other.shape), program
            close = order > highest or np.max(np.abs(mine - other)) <= tolerance
            assert close, f"derivative {order} is {mine}, PyTorch's is {other}\n{program}"


def test_every_operation_is_drawn_and_programs_are_long() -> None:
    programs = [draw_program(Random(seed), "float64", 8 + seed % 18) for seed in range(100)]
    assert {name for program in programs for name, *_ in program.steps} == set(OPERATIONS)
    assert [len(program.steps) for program in programs] == [8 + seed % 18 for seed in range(100)]
