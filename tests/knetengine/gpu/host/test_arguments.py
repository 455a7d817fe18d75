"""What a launch is refused for: arguments of another number, size or kind, and extents."""

from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import Address, DriverError
from tests.knetengine.gpu.host.snippets import Bench

SOURCE = """
struct Pair { int a; long long b; };
extern "C" __global__ void kn_test(double* out, int i, unsigned long long u, float f, double d,
                                   signed char c, Pair pair, const int* from) {
    out[0] = i, out[1] = u, out[2] = f, out[3] = d, out[4] = c, out[5] = pair.a, out[6] = pair.b;
    out[7] = from ? from[1] : -1;
}
"""
PAIR = np.dtype([("a", "<i4"), ("b", "<i8")], align=True)


def given(bench: Bench) -> list[Any]:
    return [
        bench.put(np.zeros(8)),
        np.int32(-3),
        np.uint64(2**63),
        np.float32(0.1),
        np.float64(0.1),
        np.int8(-5),
        np.array((7, 2**40), PAIR),
        bench.put(np.array([4, 5], np.int32)),
    ]


def test_arguments_arrive_as_they_are(bench: Bench) -> None:
    arguments = given(bench)
    bench.launch(SOURCE, *arguments)
    expected = [-3, 2**63, np.float32(0.1), 0.1, -5, 7, 2**40, 5]
    np.testing.assert_array_equal(bench.get(arguments[0]), expected)
    bench.launch(SOURCE, *arguments[:-1], Address(0))
    assert bench.get(arguments[0])[7] == -1


@pytest.mark.parametrize(
    ("place", "wrong", "message"),
    [
        (1, np.int64(3), r"argument 1 \(i\) an integer of 4 bytes, was given an integer of 8"),
        (1, np.float32(3), r"an integer of 4 bytes, was given a floating-point number of 4"),
        (2, np.uint32(3), r"argument 2 \(u\) an integer of 8 bytes, was given an integer of 4"),
        (2, Address(256), r"an integer of 8 bytes, was given a pointer of 8"),
        (3, np.float64(3), r"a floating-point number of 4 bytes, was given a .* of 8: .*3\.0"),
        (4, np.int64(3), r"a floating-point number of 8 bytes, was given an integer of 8"),
        (5, np.bool_(True).astype(np.int16), "an integer of 1 bytes, was given an integer of 2"),
        (6, np.zeros((), [("a", "<i4"), ("b", "<i8")]), "a struct of 16 bytes, was given .* 12"),
        (7, np.int64(0), r"argument 7 \(from\) a pointer of 8 bytes, was given an integer of 8"),
    ],
)
def test_another_size_or_kind_is_an_error(
    bench: Bench, place: int, wrong: Any, message: str
) -> None:
    arguments = given(bench)
    arguments[place] = wrong
    with pytest.raises(DriverError, match="launch: kn_test takes for ") as error:
        bench.launch(SOURCE, *arguments)
    error.match(message)


@pytest.mark.parametrize("wrong", [3, 0.5, True, "x", None, [1]])
def test_what_has_no_width_is_not_taken(bench: Bench, wrong: Any) -> None:
    arguments = given(bench)
    arguments[1] = wrong
    with pytest.raises(TypeError, match=r"argument 1 is .* of type"):
        bench.launch(SOURCE, *arguments)
    arguments[1] = np.zeros(2, np.int32)
    with pytest.raises(TypeError, match=r"an array of shape \(2,\)"):
        bench.launch(SOURCE, *arguments)


def test_another_number_is_an_error(bench: Bench) -> None:
    arguments = given(bench)
    with pytest.raises(DriverError, match=r"takes 8 arguments \(out, i, .*, from\), was given 7"):
        bench.launch(SOURCE, *arguments[:-1])
    with pytest.raises(DriverError, match="was given 9"):
        bench.launch(SOURCE, *arguments, np.int32(1))


def test_halves_are_structs_of_two_bytes(bench: Bench) -> None:
    source = """
struct f16 { unsigned short bits; };
extern "C" __global__ void kn_test(unsigned short* out, f16 x) { out[0] = x.bits; }
"""
    out = bench.put(np.zeros(1, np.uint16))
    bench.launch(source, out, np.float16(1.5))
    assert bench.get(out)[0] == np.float16(1.5).view(np.uint16)
    with pytest.raises(DriverError, match="a struct of 2 bytes, was given an integer of 2"):
        bench.launch(source, out, np.int16(1))


NOTHING = 'extern "C" __global__ void __launch_bounds__(64) kn_test() {}'


def test_extents_have_limits(bench: Bench) -> None:
    bench.launch(NOTHING, block=64)
    with pytest.raises(DriverError, match=r"a block of 65 threads .* it takes at most 64"):
        bench.launch(NOTHING, block=65)
    free = 'extern "C" __global__ void kn_test() {}'
    for how in (
        {"grid": 0}, {"grid": (1, 65536)}, {"grid": (1, 1, 65536)}, {"grid": 2**31},
        {"block": 0}, {"block": (1, 1, 65)}, {"block": (1, 1025)},
    ):  # fmt: skip
        with pytest.raises(DriverError, match="extents go from 1 to"):
            bench.launch(free, **how)
    with pytest.raises(DriverError, match="a block of 1056 threads"):
        bench.launch(free, block=(33, 32))
    bench.launch(free, block=(32, 32))


def test_a_kernel_that_is_not_there(bench: Bench) -> None:
    module = bench.driver.load(SOURCE)
    with pytest.raises(DriverError, match="no kernel 'kn_other'; it has kn_test"):
        bench.driver.function(module, "kn_other")
