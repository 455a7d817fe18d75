"""The deck's names for kinds of arrays."""

import numpy as np
import pytest

from knetengine.data import array_type
from knetengine.gpu import KnetArray


@pytest.mark.parametrize(
    ("atype", "dtype"),
    [("Array{Float32}", np.float32), ("Array{Float64}", np.float64), ("Array", np.float64)],
)
def test_arrays_are_numpys_of_a_dtype(atype: str, dtype: type) -> None:
    arrays = array_type(atype)
    assert arrays.dtype is dtype
    w, (label, name) = arrays([np.zeros(2), (np.arange(3), "a name")])
    assert (type(w), w.dtype) == (np.ndarray, dtype)
    assert (label.dtype, name) == (np.int64, "a name")


@pytest.mark.parametrize(
    ("atype", "dtype"),
    [
        ("KnetArray@cpu", np.float32),
        ("KnetArray{Float32}@cpu", np.float32),
        ("KnetArray{Float64}@cpu", np.float64),
    ],
)
def test_knetarrays_are_on_a_device(atype: str, dtype: type) -> None:
    arrays = array_type(atype)
    assert arrays.dtype is dtype
    given = {"w": np.arange(3.0), "ids": np.arange(2)}
    placed = arrays(given)
    assert {type(array) for array in placed.values()} == {KnetArray}
    assert [(a.device, a.dtype) for a in placed.values()] == [("cpu", dtype), ("cpu", np.int64)]
    assert np.asarray(placed["w"]).tolist() == [0, 1, 2]


def test_without_a_place_it_is_the_first_cuda_device_or_the_cpu() -> None:
    assert array_type("KnetArray")(np.zeros(1)).device in ("cuda:0", "cpu")


@pytest.mark.parametrize("atype", ["Array{Float16}", "array", "", "Array@cpu", "KnetArray@gpu"])
def test_another_name_says_which_there_are(atype: str) -> None:
    with pytest.raises(ValueError, match="is not one of") as raised:
        array_type(atype)
    assert str(raised.value) == (
        f"--atype {atype} is not one of Array, Array{{Float32}}, Array{{Float64}}, KnetArray, "
        "KnetArray{Float32}, KnetArray{Float64}"
    )
