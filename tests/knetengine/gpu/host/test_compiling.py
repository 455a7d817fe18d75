"""From a source to a module: what is found in it, what is refused, what is compiled only once."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import DriverError
from tests.knetengine.gpu.host import compiling
from tests.knetengine.gpu.host.compiling import find_kernels
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.host.snippets import Bench


def test_kernels_are_found_however_they_are_written() -> None:
    found = find_kernels("""
extern "C" __global__ void kn_one(const float* __restrict__ from, Layout layout, long long n) {}
extern  "C"
__global__ void __launch_bounds__(128, 4) kn_two() {}
extern "C" __launch_bounds__(64) __global__ void kn_three(int a) {}
extern "C" __global__ void kn_one(const float* from, Layout layout, long long n);
__global__ void hidden(int a) {}
""")
    assert [(k.name, k.parameters, k.bound) for k in found] == [
        ("kn_one", ("from", "layout", "n"), "0"),
        ("kn_two", (), "128"),
        ("kn_three", ("a",), "64"),
    ]


def test_definitions_choose_among_kernels(bench: Bench) -> None:
    source = """
#ifdef FIRST
extern "C" __global__ void kn_test(T* out) { out[0] = N; }
#else
extern "C" __global__ void kn_other(T* out) { out[0] = N; }
#endif
"""
    driver = bench.driver
    first = driver.load(source, ("-DT=float", "-DN=3", "-DFIRST"))
    assert driver.load(source, ("-DT=float", "-DN=3", "-DFIRST")) is first
    other = driver.load(source, ("-DT=double", "-DN=4"))
    for module, name, dtype, expected in ((first, "kn_test", "f", 3), (other, "kn_other", "d", 4)):
        out = bench.put(np.zeros(1, dtype))
        function = driver.function(module, name)
        driver.launch(function, (1, 1, 1), (1, 1, 1), [out.address])
        assert bench.get(out)[0] == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('extern "C" __global__ void kn_test(int* p) { p[0] = nowhere; }', "nowhere"),
        ("void kn_test() {}", 'begin one with extern "C" __global__'),
        ('#include <vector>\nextern "C" __global__ void kn_test() { std::vector<int> v(3', "kn"),
    ],
)
def test_what_the_compiler_refuses_is_an_error(bench: Bench, source: str, message: str) -> None:
    with pytest.raises(DriverError, match="load: ") as error:
        bench.driver.load(source)
    error.match(message)


def test_options_only_define(bench: Bench) -> None:
    with pytest.raises(DriverError, match="option '-O3' is no definition; write -DNAME=VALUE"):
        bench.driver.load("", ("-O3",))


def test_nothing_is_compiled_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in another process either: the libraries are files, named after what they are made of."""
    ran: list[Any] = []
    real = subprocess.run

    def run(command: Any, **more: Any) -> Any:
        ran.append(command)
        return real(command, **more)

    monkeypatch.setenv("KNET_HOST_CACHE", str(tmp_path))
    monkeypatch.setattr(compiling.subprocess, "run", run)
    compiling.cache_folder.cache_clear()
    try:
        source = 'extern "C" __global__ void kn_test(int* out) { out[0] = 5; }'
        for expected in (True, False):
            ran.clear()
            assert Bench(HostDriver(1 << 20)).run(source, 1, np.int32)[0] == 5
            assert any("module.cpp" in str(command) for command in ran) == expected
        assert not ran
        Bench(HostDriver(1 << 20)).run(source.replace("5", "6"), 1, np.int32)
        assert len([c for c in ran if "module.cpp" in str(c)]) == 1
        assert not any("runtime.cpp" in str(command) for command in ran)
    finally:
        compiling.cache_folder.cache_clear()


def test_what_was_not_used_for_a_month_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNET_HOST_CACHE", str(tmp_path))
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "module.so").touch()
    before = time.time() - compiling.MONTH - 60
    os.utime(old, (before, before))
    compiling.cache_folder.cache_clear()
    try:
        assert compiling.cache_folder() == tmp_path
    finally:
        compiling.cache_folder.cache_clear()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_missing_compiler_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(DriverError, match="there is no C\\+\\+ compiler; install one"):
        HostDriver(1 << 20).load('extern "C" __global__ void kn_new_one() {}')


def test_the_other_way_to_switch_stacks_works_too() -> None:
    """Where the processor is another one fibers stand on ucontext."""
    source = """
extern "C" __global__ void kn_test(int* out) {
    __shared__ int shared[40];
    shared[threadIdx.x] = threadIdx.x;
    __syncthreads();
    out[threadIdx.x] = shared[39 - threadIdx.x] + __shfl_sync(0xffffffffu, (int)threadIdx.x, 0);
}
"""
    bench = Bench(HostDriver(1 << 20, order=9, definitions=["-DKN_UCONTEXT"]))
    result = bench.run(source, 40, np.int32, block=40)
    np.testing.assert_array_equal(result, 39 - np.arange(40) + np.arange(40) // 32 * 32)
