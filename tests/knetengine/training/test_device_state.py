"""Arrays of a device in checkpoints: a file of one device opens on another."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine import training
from knetengine.autograd.parameters import Param
from knetengine.gpu import KnetArray
from knetengine.training.state import StateError, captured, restore


def on_cpu(array: Any) -> KnetArray:
    return KnetArray(array, device="cpu")


def test_a_file_holds_plain_arrays_and_goes_back_to_where_arrays_are(tmp_path: Path) -> None:
    w = {"w": on_cpu(np.arange(6, dtype=np.float32).reshape(2, 3)), "b": on_cpu([1.0, 2.0])}
    file = tmp_path / "w.safetensors"
    training.save(file, w)
    plain, _ = training.load(file)
    assert {type(array) for array in plain.values()} == {np.ndarray}
    held = w["w"]
    held *= 0
    training.restore(file, **w)
    assert w["w"] is held
    assert held.tolist() == [[0, 1, 2], [3, 4, 5]]
    host = {name: np.zeros(array.shape, array.dtype) for name, array in w.items()}
    training.restore(file, **host)
    assert host["w"].tolist() == held.tolist()


def test_parameters_of_a_device_are_restored_in_place() -> None:
    p = Param(on_cpu([1.0, 2.0]))
    saved = captured([p])
    restore([p], [{"value": np.array([3.0, 4.0]), "opt": saved[0]["opt"]}])
    assert p.value.tolist() == [3, 4]


def test_another_shape_is_refused_by_name() -> None:
    told = r"w is an array of shape \(2,\), float64 here and an array of shape \(3,\)"
    with pytest.raises(StateError, match=told):
        restore(on_cpu([1.0, 2.0]), np.zeros(3), "w")
