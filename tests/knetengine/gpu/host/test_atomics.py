"""Atomic functions: what they leave, and what they give back."""

from typing import Any

import numpy as np
import pytest

from tests.knetengine.gpu.host.snippets import Bench

TYPES = {"int": "i", "unsigned": "I", "unsigned long long": "Q", "float": "f", "double": "d"}
INTEGERS = ("int", "unsigned", "unsigned long long")


def run(bench: Bench, call: str, kind: str, start: Any, values: Any) -> tuple[Any, np.ndarray]:
    """What is at an address after `call`, with v for each thread's value, and what each got."""
    source = f"""
extern "C" __global__ void kn_test({kind}* at, const {kind}* values, {kind}* old) {{
    const {kind} v = values[threadIdx.x];
    old[threadIdx.x] = {call};
}}
"""
    dtype = TYPES.get(kind, "q")
    values = bench.put(np.array(values, dtype))
    at, old = bench.put(np.array([start], dtype)), bench.put(np.zeros(values.shape, dtype))
    bench.launch(source, at, values, old, block=values.shape[0])
    return bench.get(at)[0], bench.get(old)


def test_sums(bench: Bench) -> None:
    for kind in TYPES:
        after, old = run(bench, "atomicAdd(at, v)", kind, 5, [1, 2, 3, 4])
        assert after == 15
        np.testing.assert_array_equal(old, [5, 6, 8, 11])
    for kind in ("int", "unsigned"):
        after, old = run(bench, "atomicSub(at, v)", kind, 20, [1, 2, 3])
        assert after == 14
        np.testing.assert_array_equal(old, [20, 19, 17])
    assert run(bench, "atomicAdd(at, v)", "int", 2**31 - 1, [1])[0] == -(2**31)


@pytest.mark.parametrize("kind", [*INTEGERS, "long long"])
def test_extremes(bench: Bench, kind: str) -> None:
    sign = 1 if "unsigned" in kind else -1
    values = [7, 3 * sign + 3, 9]
    assert run(bench, "atomicMax(at, v)", kind, 5, values)[0] == 9
    assert run(bench, "atomicMin(at, v)", kind, 5, values)[0] == min(5, *values)


@pytest.mark.parametrize("kind", INTEGERS)
def test_bits_and_exchanges(bench: Bench, kind: str) -> None:
    assert run(bench, "atomicAnd(at, v)", kind, 15, [7, 13])[0] == 5
    assert run(bench, "atomicOr(at, v)", kind, 1, [2, 8])[0] == 11
    assert run(bench, "atomicXor(at, v)", kind, 6, [3, 4])[0] == 1
    after, old = run(bench, "atomicExch(at, v)", kind, 6, [3, 4])
    assert (after, *old) == (4, 6, 3)
    after, old = run(bench, f"atomicCAS(at, ({kind})3, v)", kind, 3, [8, 9])
    assert (after, *old) == (8, 3, 8)


def test_counters_that_turn_round(bench: Bench) -> None:
    after, old = run(bench, "atomicInc(at, v)", "unsigned", 1, [2, 2, 2, 2])
    assert (after, *old) == (2, 1, 2, 0, 1)
    after, old = run(bench, "atomicDec(at, v)", "unsigned", 1, [2, 2, 2])
    assert (after, *old) == (1, 1, 0, 2)


def test_many_blocks_add_to_one_place(bench: Bench) -> None:
    source = """
extern "C" __global__ void kn_test(int* out) {
    __shared__ int sum;
    if (threadIdx.x == 0) sum = 0;
    __syncthreads();
    atomicAdd(&sum, threadIdx.x);
    __syncthreads();
    if (threadIdx.x == 0) atomicAdd(out, sum);
}
"""
    for order in ("forward", "backward", 3):
        bench.driver.order = order
        assert bench.run(source, 1, np.int32, grid=9, block=100)[0] == 9 * 4950
