"""The deck's names for kinds of arrays."""

import numpy as np
import pytest

from knetengine.data import dtype_of


@pytest.mark.parametrize(
    ("atype", "dtype"),
    [("Array{Float32}", np.float32), ("Array{Float64}", np.float64), ("Array", np.float64)],
)
def test_an_atype_is_a_dtype(atype: str, dtype: type) -> None:
    assert np.zeros(1, dtype_of(atype)).dtype == dtype


@pytest.mark.parametrize("atype", ["KnetArray{Float32}", "array", "", "float32"])
def test_another_name_says_which_there_are(atype: str) -> None:
    with pytest.raises(ValueError, match="is not one of") as raised:
        dtype_of(atype)
    assert str(raised.value) == (
        f"--atype {atype} is not one of Array, Array{{Float32}}, Array{{Float64}}"
    )
    assert raised.value.__cause__ is None  # the dictionary that was asked is nobody's business
