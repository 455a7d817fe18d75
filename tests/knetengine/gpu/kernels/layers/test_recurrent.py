# ruff: noqa: N806  # T, B, H: axes as in the shape comments
"""Recurrent layers, step by step with products between, against the plain twins and their tape."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from knetengine.autograd import vjp
from knetengine.gpu.drivers.interface import Product
from knetengine.gpu.kernels.layers import recurrent
from knetengine.gpu.kernels.operand import Operand
from knetengine.nn import sequence_layers as twins
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.layers.agreement import agree

GATES = {"lstm": 4, "gru": 3, "tanh": 1, "relu": 1}


class Case(NamedTuple):
    """A sequence, its layer, and which way it is taken."""

    kind: str
    T: int
    B: int
    H: int
    reverse: bool
    lengths: Any

    def __str__(self) -> str:
        way = "backwards" if self.reverse else "forwards"
        return (
            f"{self.kind}-{self.T}x{self.B}x{self.H}-{way}-{'ragged' if self.lengths else 'full'}"
        )


CASES = [
    Case(kind, *sizes, reverse, lengths)
    for kind in GATES
    for sizes, lengths in (((1, 1, 1), None), ((5, 3, 7), None), ((6, 4, 65), (6, 2, 0, 5)))
    for reverse in (False, True)
]


def part(whole: Operand, t: int) -> Operand:
    """Entry t of the first axis."""
    address = type(whole.address)(whole.address + t * whole.strides[0])
    return whole._replace(address=address, shape=whole.shape[1:], strides=whole.strides[1:])


def multiply(board: Board, a: Operand, b: Operand, c: Operand, turned: bool, beta: float) -> None:
    """``c = a @ b + beta c``, or with b.T."""
    M, N = c.shape
    K = a.shape[1]
    product = Product(
        c.dtype, (1, M, N, K), (False, turned), (K, K if turned else N, N), (0, 0, 0), 1.0, beta
    )
    board.driver.multiply(product, a.address, b.address, c.address)


class Layer:
    """A layer over a sequence on the device, by the kernels of single steps."""

    def __init__(self, board: Board, case: Case, dtype: str, arrays: dict[str, np.ndarray]) -> None:
        self.board, self.case, self.dtype = board, case, dtype
        self.on = {name: board.put(array) for name, array in arrays.items()}
        self.lengths = None
        if case.lengths is not None:
            self.lengths = board.put(np.array(case.lengths, np.int64))
        T, B, H = case.T, case.B, case.H
        self.h, self.c = board.put(arrays["h0"]), board.put(arrays["c0"])
        self.y = board.empty((T, B, H), dtype)
        self.gates = board.empty((T, B, 4 * H), dtype)
        self.cells = board.empty((T, B, H), dtype)

    def order(self, back: bool) -> list[int]:
        steps = list(range(self.case.T))
        return steps[::-1] if self.case.reverse != back else steps

    def forward(self) -> None:
        driver, (kind, _, B, H, *_) = self.board.driver, self.case
        product = self.board.empty((B, GATES[kind] * H), self.dtype)
        for t in self.order(back=False):
            multiply(self.board, self.h, self.on["wh"], product, False, 0.0)
            rows = part(self.on["rows"], t)
            common = (t, self.on["projected"], rows, product)
            y, gates = part(self.y, t), part(self.gates, t)
            if kind == "lstm":
                recurrent.lstm_step(
                    driver, *common, self.lengths, self.h, self.c, y, gates, part(self.cells, t)
                )
            elif kind == "gru":
                recurrent.gru_step(driver, *common, self.on["bias"], self.lengths, self.h, y, gates)
            else:
                t, *rest = common
                recurrent.elman_step(driver, t, kind == "relu", *rest, self.lengths, self.h, y)

    def backward(self) -> tuple[Operand, Operand, Operand, Operand]:
        """The gradients of h0, c0, of the recurrent products and of the new gates' inputs."""
        driver, (kind, T, B, H, reverse, _) = self.board.driver, self.case
        dh, dc = (
            self.board.put(self.board.get(self.on["gh"])),
            self.board.put(self.board.get(self.on["gc"])),
        )
        products = self.board.empty((T, B, GATES[kind] * H), self.dtype)
        dnew = self.board.empty((T, B, H), self.dtype)
        for t in self.order(back=True):
            before = min(max(t + (1 if reverse else -1), 0), T - 1)
            d, g, gates = part(products, t), part(self.on["gy"], t), part(self.gates, t)
            if kind == "lstm":
                recurrent.lstm_step_backward(
                    driver, t, T, reverse, gates, part(self.cells, t), part(self.cells, before),
                    self.on["c0"], self.lengths, g, dh, dc, d,
                )  # fmt: skip
            elif kind == "gru":
                recurrent.gru_step_backward(
                    driver, t, T, reverse, gates, part(self.y, before), self.on["h0"],
                    self.lengths, g, dh, d, part(dnew, t),
                )  # fmt: skip
            else:
                recurrent.elman_step_backward(
                    driver, t, kind == "relu", part(self.y, t), self.lengths, g, dh, d
                )
            multiply(self.board, d, self.on["wh"], dh, True, 1.0)
        return dh, dc, products, dnew


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_layer_is_its_twin(board: Board, case: Case, letter: str) -> None:
    kind, T, B, H, reverse, lengths = case
    rng = np.random.default_rng(T)
    G, X = GATES[kind] * H, 3
    table = rng.standard_normal((9, X)).astype(letter)
    ids = rng.integers(0, 9, (T, B))
    draw: Any = lambda *shape: rng.standard_normal(shape).astype(letter)  # noqa: E731
    wx, wh, b = (
        draw(X, G),
        draw(H, G) / np.asarray(H**0.5, letter),
        draw(G + (H if kind == "gru" else 0)),
    )
    arrays = {
        "projected": (table.astype(float) @ wx + b[:G]).astype(letter), "rows": ids,
        "wh": wh, "bias": b[-H:], "h0": draw(B, H), "c0": draw(B, H),
        "gy": draw(T, B, H), "gh": draw(B, H), "gc": draw(B, H),
    }  # fmt: skip
    layer = Layer(board, case, letter, arrays)
    layer.forward()
    dh, dc, products, dnew = layer.backward()

    twin: Any = getattr(twins, f"plain_{kind}")
    every = np.array(lengths if lengths else [T] * B)
    states = ("h0", "c0") if kind == "lstm" else ("h0",)
    x = arrays["projected"].astype(float)[ids]  # (T, B, G): wx is 1, so that x is the projection

    def function(x: Any, wh: Any, b: Any, *start: Any) -> Any:
        return twin(x, None, np.eye(G), wh, b, *start, every, reverse)

    zero = np.zeros(G + (H if kind == "gru" else 0))
    if kind == "gru":
        zero[-H:] = b[-H:]
    given = [x, wh.astype(float), zero, *(arrays[s].astype(float) for s in states)]
    outputs, pull = vjp(function, *given)
    agree(board.get(layer.y), outputs[0], letter, 4)
    agree(board.get(layer.h), outputs[1], letter, 4)
    if kind == "lstm":
        agree(board.get(layer.c), outputs[2], letter, 4)
    gs = [arrays[n].astype(float) for n in ("gy", "gh", "gc")][: len(outputs)]
    dx, dwh, _, *dstart = pull(tuple(gs))
    agree(board.get(dh), dstart[0], letter, 20)
    if kind == "lstm":
        agree(board.get(dc), dstart[1], letter, 20)
    found = board.get(products)  # (T, B, G)
    if kind == "gru":
        inputs = np.concatenate([found[..., : 2 * H], board.get(dnew)], -1)
        agree(inputs, dx, letter, 20)
    else:
        agree(found, dx, letter, 20)
    if lengths is None:  # the gradient of the weights, from the products': h before times d
        y = board.get(layer.y).astype(float)
        start = arrays["h0"].astype(float)[None]
        before = np.concatenate([y[1:], start] if reverse else [start, y[:-1]])
        agree(np.einsum("tbh,tbg->hg", before, found).astype(letter), dwh, letter, 40)


def test_row_b_is_the_input_of_sequence_b_without_rows(board: Board) -> None:
    rng = np.random.default_rng(0)
    projected, product = rng.standard_normal((2, 3, 5))
    h, y = board.put(np.zeros((3, 5))), board.empty((3, 5), "d")
    recurrent.elman_step(
        board.driver, 0, False, board.put(projected), None, board.put(product), None, h, y
    )
    np.testing.assert_allclose(board.get(y), np.tanh(projected + product), rtol=1e-15)
    np.testing.assert_array_equal(board.get(h), board.get(y))


def test_what_does_not_fit_is_refused(board: Board) -> None:
    state, wide = board.put(np.zeros((2, 3), "f")), board.put(np.zeros((2, 12), "f"))
    with pytest.raises(ValueError, match=r"recurrent has shape \(2, 3\); expected \(2, 12\)"):
        recurrent.lstm_step(
            board.driver, 0, wide, None, state, None, state, state, state, wide, state
        )
    nothing = board.put(np.zeros((0, 3), "f"))
    with pytest.raises(ValueError, match=r"the state has shape \(0, 3\)"):
        recurrent.elman_step(board.driver, 0, True, nothing, None, nothing, None, nothing, nothing)
    with pytest.raises(ValueError, match="lengths is int32; expected contiguous int64"):
        recurrent.elman_step(
            board.driver, 0, True, state, None, state, board.put(np.zeros(2, "i")), state, state
        )
