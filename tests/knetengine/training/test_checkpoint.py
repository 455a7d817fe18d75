from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from knetengine.training.checkpoint import CheckpointError, byte_size, load, save

numbers = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e9, 1e9))
arrays = st.builds(
    lambda shape, dtype: np.asarray(np.arange(np.prod(shape)).reshape(shape) - 3, dtype),
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
    st.sampled_from([np.float16, np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_]),
)
names = st.text("abcxyz_1", min_size=1, max_size=4)
nests = st.recursive(
    numbers | arrays,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(names, inner, max_size=3),
    ),
    max_leaves=8,
)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@given(nests)
def test_a_nest_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, nest: Any) -> None:
    path = tmp_path_factory.mktemp("checkpoint") / "file.safetensors"
    save(path, nest, {"epoch": "3"})
    back, metadata = load(path)
    assert same(nest, back)
    assert metadata == {"epoch": "3"}


def test_other_programs_open_it(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    save(path, {"layers": [{"weight": np.ones((2, 3), np.float32)}]})
    assert load_file(path)["layers.0.weight"].shape == (2, 3)


def test_files_of_other_programs_open(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    save_file({"w": np.arange(3.0)}, path)
    parameters, _ = load(path)
    assert np.array_equal(parameters["w"], np.arange(3.0))


@pytest.mark.parametrize("keep", [0, 5, 60, -1])
def test_a_file_cut_short_is_named(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "file.safetensors"
    save(path, [np.arange(10.0)])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"file\.safetensors is not a whole checkpoint"):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"there is no checkpoint .*nowhere"):
        load(tmp_path / "nowhere")


def test_what_cannot_be_kept_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    with pytest.raises(CheckpointError, match=r"parameter 1\.w is a str"):
        save(path, [np.ones(2), {"w": "text"}])
    with pytest.raises(CheckpointError, match="keys of parameters must be text, not 3"):
        save(path, {3: np.ones(2)})
    with pytest.raises(CheckpointError, match=r"two parameters would both be called a\.b"):
        save(path, {"a": {"b": np.ones(1)}, "a.b": np.ones(1)})
    assert not path.exists()


def test_byte_size_counts_arrays_only() -> None:
    assert byte_size({"a": [np.ones(3), 2.0], "b": (np.ones(2, np.float32),)}) == 32
