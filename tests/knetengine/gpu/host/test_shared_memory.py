"""Memory that the threads of a block share: clean for each block, and not too long."""

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import DriverError
from tests.knetengine.gpu.host.snippets import Bench

NAN = 0xFFFFFFFF


STATIC = """
__device__ int sum(const int* numbers) { return numbers[0] + numbers[1]; }
extern "C" __global__ void kn_test(int* out) {
    __shared__ int one[2];
    __shared__ double two;
    if (threadIdx.x == 1) two = 0.5, one[0] = 10 * blockIdx.x;
    if (threadIdx.x == 0) one[1] = 4;
    __syncthreads();
    out[2 * blockIdx.x + threadIdx.x] = sum(one) + (two == 0.5) + threadIdx.x;
}
"""


def test_static_shared_memory_is_of_a_block(bench: Bench) -> None:
    result = bench.run(STATIC, 6, np.int32, grid=3, block=2)
    np.testing.assert_array_equal(result, [5, 6, 15, 16, 25, 26])


DYNAMIC = """
extern "C" __global__ void kn_test(int* out, int n) {
    KN_SHARED(int, shared);
    shared[threadIdx.x] = out[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = shared[n - 1 - threadIdx.x];
}
"""


def test_dynamic_shared_memory_has_the_size_that_was_given(bench: Bench) -> None:
    out = bench.put(np.arange(20, dtype=np.int32))
    bench.launch(DYNAMIC, out, np.int32(20), block=20, shared_bytes=80)
    np.testing.assert_array_equal(bench.get(out), np.arange(20)[::-1])
    with pytest.raises(DriverError, match="wrote beyond the end of its dynamic shared memory"):
        bench.launch(DYNAMIC, out, np.int32(20), block=20, shared_bytes=76)


def test_each_block_finds_shared_memory_uninitialised(bench: Bench) -> None:
    """All bits set, which is a NaN of any width: whoever reads what nobody wrote sees it."""
    source = """
extern "C" __global__ void kn_test(unsigned* out) {
    __shared__ unsigned fixed[3];
    KN_SHARED(unsigned, dynamic);
    unsigned* mine = out + 4 * blockIdx.x;
    mine[0] = fixed[threadIdx.x];
    mine[1] = dynamic[threadIdx.x];
    fixed[threadIdx.x] = dynamic[threadIdx.x] = 7;
    __syncthreads();
    mine[2] = fixed[0], mine[3] = dynamic[0];
}
"""
    result = bench.run(source, 12, np.uint32, grid=3, shared_bytes=4).reshape(3, 4)
    np.testing.assert_array_equal(result, [[NAN, NAN, 7, 7]] * 3)


def test_a_forgotten_first_value_is_a_nan(bench: Bench) -> None:
    """The planted bug: a sum whose first summand nobody set."""
    source = """
extern "C" __global__ void kn_test(float* out) {
    __shared__ float sum[32];
    for (int k = 0; k < 3; ++k) sum[threadIdx.x] += 1.0f;
    __syncthreads();
    out[threadIdx.x] = sum[(threadIdx.x + 1) % blockDim.x];
}
"""
    assert np.isnan(bench.run(source, 32, np.float32, block=32)).all()


def test_kernels_of_one_module_share_nothing(bench: Bench) -> None:
    source = """
extern "C" __global__ void kn_first(int* out) {
    __shared__ int a[64];
    a[threadIdx.x] = 5;
    __syncthreads();
    out[threadIdx.x] = a[threadIdx.x];
}
extern "C" __global__ void kn_second(int* out) {
    __shared__ int b[64];
    out[threadIdx.x] = b[threadIdx.x];
    __syncthreads();
}
"""
    assert (bench.run(source, 64, np.int32, block=64, name="kn_first") == 5).all()
    assert (bench.run(source, 64, np.int32, block=64, name="kn_second") == -1).all()


def test_more_shared_memory_than_a_block_has_is_refused(bench: Bench) -> None:
    out = bench.put(np.zeros(4, np.int32))
    with pytest.raises(DriverError, match="was given 50000 bytes of shared memory"):
        bench.launch(DYNAMIC, out, np.int32(4), block=4, shared_bytes=50000)
