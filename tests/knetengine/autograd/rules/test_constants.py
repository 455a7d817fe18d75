"""Every function of the tables of constants gives on recorded values what NumPy gives on arrays."""

import io
from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd.coverage import public_name
from knetengine.autograd.recorded import Recorded
from knetengine.autograd.rules.constants import CONSTANT, REFUSALS

X = np.array([[1.5, -2.0, 0.0], [0.5, 4.0, -1.5]])


def text(numbers: str) -> io.StringIO:
    return io.StringIO(numbers)


CALLS: dict[str, Any] = {
    "np.isclose": lambda x: np.isclose(x, 4.0),
    "np.allclose": lambda x: np.allclose(x, x),
    "np.array_equal": lambda x: np.array_equal(x, x),
    "np.array_equiv": lambda x: np.array_equiv(x, x[0]),
    "np.isin": lambda x: np.isin(x, [4.0, 0.0]),
    "np.around": lambda x: np.around(x, 1),
    "np.round": lambda x: np.round(x / 3.0, decimals=2),
    "np.argmax": lambda x: np.argmax(x, axis=1, keepdims=True),
    "np.argsort": lambda x: np.argsort(x, axis=0, kind="stable"),
    "np.argpartition": lambda x: np.argpartition(x, 1),
    "np.lexsort": lambda x: np.lexsort(x),
    "np.searchsorted": lambda x: np.searchsorted(np.sort(x[0]), x[1]),
    "np.digitize": lambda x: np.digitize(x, np.sort(x[1])),
    "np.histogram_bin_edges": lambda x: np.histogram_bin_edges(x, 3),
    "np.count_nonzero": lambda x: np.count_nonzero(x, axis=0),
    "np.ix_": lambda x: np.ix_(x[0] > 0, [1, 0]),
    "np.ravel_multi_index": lambda x: np.ravel_multi_index((np.argmax(x, 1), [0, 1]), (3, 3)),
    "np.unravel_index": lambda x: np.unravel_index(np.argmax(x), x.shape),
    "np.diag_indices_from": lambda x: np.diag_indices_from(x[:, :2]),
    "np.einsum_path": lambda x: np.einsum_path("ij,kj", x, x),
    "np.size": lambda x: np.size(x, 1),
    "np.result_type": lambda x: np.result_type(x, np.float32),
    "np.can_cast": lambda x: np.can_cast(x.dtype, np.float32),
    "np.may_share_memory": lambda x: np.may_share_memory(x, x[0]),
    "np.shares_memory": lambda x: np.shares_memory(x[0], x[1]),
    "np.full_like": lambda x: np.full_like(x, 3.0),
    "np.zeros": lambda x: np.zeros(2, like=x),
    "np.ones": lambda x: np.ones((2, 1), like=x),
    "np.empty": lambda x: np.empty((2, 0), like=x),
    "np.eye": lambda x: np.eye(2, k=1, like=x),
    "np.identity": lambda x: np.identity(2, like=x),
    "np.tri": lambda x: np.tri(2, like=x),
    "np.arange": lambda x: np.arange(1, 6, 2, like=x),
    "np.fromfunction": lambda x: np.fromfunction(np.add, (2, 2), like=x),
    "np.frombuffer": lambda x: np.frombuffer(b"\1\2", np.uint8, like=x),
    "np.fromfile": None,  # needs a file of its own: below
    "np.fromstring": lambda x: np.fromstring("1 2", sep=" ", like=x),
    "np.loadtxt": lambda x: np.loadtxt(text("1 2"), like=x),
    "np.genfromtxt": lambda x: np.genfromtxt(text("1 2"), like=x),
    "np.strings.mod": lambda x: np.strings.mod(np.array("%.2f"), x),
    "np.logical_not": lambda x: np.logical_not(x),
    "np.empty_like": lambda x: np.empty_like(x[:0]),
    "np.common_type": lambda x: np.common_type(x, np.float32(1)),
    **{
        name: lambda x, name=name: getattr(np, name.removeprefix("np."))(x, 0.5)
        for name in (
            *("np.less", "np.less_equal", "np.greater", "np.greater_equal", "np.equal"),
            *("np.not_equal", "np.logical_and", "np.logical_or", "np.logical_xor"),
            *("np.floor_divide", "np.heaviside", "np.nextafter"),
        )
    },
}
NAMES = {public_name(f): f for functions in CONSTANT.values() for f in functions}


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # NumPy 2.5
@pytest.mark.parametrize("name", [name for name in NAMES if CALLS.get(name, name) is not None])
def test_the_result_is_numpys(name: str) -> None:
    call = CALLS.get(name, NAMES[name])
    seen: list[Any] = []
    gradient = grad(lambda x: seen.append(call(x)) or np.sum(x))(X)
    np.testing.assert_array_equal(gradient, np.ones((2, 3)))
    result = seen[0]
    if name.endswith("_like") and isinstance(result, Recorded):
        assert not result.tape  # a constant that may be filled
        result = result.value
    expected = call(X)
    assert type(result) is type(expected)
    _assert_same(result, expected)


def _assert_same(result: Any, expected: Any) -> None:
    if isinstance(expected, tuple):
        for part, other in zip(result, expected, strict=True):
            _assert_same(part, other)
    elif isinstance(expected, np.ndarray):
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)
    else:
        assert result == expected


def test_a_file_is_read_into_a_plain_array(tmp_path: Any) -> None:
    X.tofile(tmp_path / "numbers")
    seen: list[Any] = []
    grad(lambda x: seen.append(np.fromfile(tmp_path / "numbers", like=x)) or x.sum())(X)
    np.testing.assert_array_equal(seen[0], X.ravel())


def test_calls_on_recorded_values_raise_with_advice() -> None:
    messages: dict[str, str] = {}

    def loss(x: Any) -> Any:
        for name, call in {
            "files": lambda: np.save("never written", x),
            "numbers one by one": lambda: np.fromiter([x, x], float, like=x),
            "bits and whole numbers": lambda: np.bitwise_and(x, 1),
            "dates": lambda: np.isnat(x),
            "fields": lambda: np.lib.recfunctions.repack_fields(x),
            "text": lambda: np.strings.find(x, "1"),
        }.items():
            with pytest.raises(TypeError) as raised:
                call()
            messages[name] = str(raised.value)
        return x

    grad(loss)(1.0)
    assert messages.keys() == REFUSALS.keys()
    for name, (advice, _) in REFUSALS.items():
        assert advice in messages[name]
