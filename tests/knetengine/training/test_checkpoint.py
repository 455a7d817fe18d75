import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from knetengine.optim import Adam
from knetengine.training.checkpoint import byte_size, load, restore, save
from knetengine.training.checkpoint_header import CheckpointError

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
    with pytest.raises(CheckpointError, match=r"safetensors: \[1\]\['w'\] is a set; a checkpoint"):
        save(path, [np.ones(2), {"w": {1}}])
    with pytest.raises(CheckpointError, match="does not take an array"):
        save(path, [np.ones(2, np.complex256)])
    with pytest.raises(CheckpointError, match="keys of parameters must be text, not 3"):
        save(path, {3: np.ones(2)})
    with pytest.raises(CheckpointError, match=r"two parameters would both be called a\.b"):
        save(path, {"a": {"b": np.ones(1)}, "a.b": np.ones(1)})
    assert not path.exists()


def test_byte_size_counts_arrays_only() -> None:
    assert byte_size({"a": [np.ones(3), 2.0], "b": (np.ones(2, np.float32),)}) == 32


def test_what_is_not_finite_and_what_is_text_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    save(path, {"best": float("inf"), "worst": float("-inf"), "last": [float("nan")], "text": "ä"})
    back, _ = load(path)
    assert (back["best"], back["worst"], back["text"]) == (float("inf"), float("-inf"), "ä")
    assert np.isnan(back["last"][0])


def test_the_same_parameters_give_the_same_bytes(tmp_path: Path) -> None:
    """Several entries of a header come in any order, another one in each process."""
    program = (
        "import sys, numpy as np; from knetengine.training import save; "
        "save(sys.argv[1], {'b': np.ones(2), 'a': [1.5]}, {'y': '2', 'x': '1', 'z': '3'})"
    )
    contents: set[bytes] = set()
    for number in range(4):
        path = tmp_path / f"{number}.safetensors"
        subprocess.run([sys.executable, "-c", program, path], check=True)
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_a_file_of_the_first_version_opens(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    structure = '{"list":[{"array":"0"},{"dict":[["b",{"number":2.5}]]}]}'
    save_file({"0": np.arange(3.0)}, path, {"knet.structure": structure, "epoch": "7"})
    parameters, metadata = load(path)
    assert parameters[0].tolist() == [0, 1, 2]
    assert parameters[1] == {"b": 2.5}
    assert metadata == {"epoch": "7"}


def test_a_file_of_a_later_version_asks_for_a_later_program(tmp_path: Path) -> None:
    path = tmp_path / "new.safetensors"
    header = '{"version":9,"structure":{"number":1},"metadata":{}}'
    save_file({"0": np.ones(1)}, path, {"knet": header})
    with pytest.raises(CheckpointError, match="has version 9, and this knet-tui reads versions up"):
        load(path)


def test_living_objects_are_restored_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    w, optimiser, generator = [np.ones(3)], Adam(), np.random.default_rng(1)
    optimiser.update(w, [np.ones(3)])
    save(path, {"w": w, "optimiser": optimiser, "generator": generator}, {"epoch": "1"})
    expected, drawn = w[0].copy(), generator.normal()
    fresh, other, again = [np.zeros(3)], Adam(lr=5.0), np.random.default_rng(2)
    array = fresh[0]
    assert restore(path, w=fresh, optimiser=other, generator=again) == {"epoch": "1"}
    assert fresh[0] is array
    np.testing.assert_array_equal(array, expected)
    assert (other.lr, other.steps) == (optimiser.lr, 1)
    optimiser.update(w, [np.ones(3)])
    other.update(fresh, [np.ones(3)])
    np.testing.assert_array_equal(fresh[0], w[0])
    assert again.normal() == drawn


ANOTHER: dict[str, tuple[Any, str]] = {
    "shape": ([np.zeros(4)], r"w\[0\] is an array of shape \(4,\), float64 here and .* \(3,\)"),
    "dtype": ([np.zeros(3, np.float32)], r"w\[0\] is an array of shape \(3,\), float32 here"),
    "more": ([np.zeros(3), np.zeros(1)], "w is a list of 2 here and a list of 1 in the checkpoint"),
    "kind": ({"a": np.zeros(3)}, "w is a dict of 1 here and a list of 1 in the checkpoint"),
}


@pytest.mark.parametrize("what", ANOTHER)
def test_the_checkpoint_of_another_model_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "file.safetensors"
    save(path, {"w": [np.ones(3)]})
    thing, words = ANOTHER[what]
    with pytest.raises(CheckpointError, match=r"file\.safetensors: " + words):
        restore(path, w=thing)
    with pytest.raises(CheckpointError, match=r"has no part 'v', it is of another program; .*: w"):
        restore(path, v=thing)
