"""What a checkpoint says of itself: the same as with its arrays, and the same complaints."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from knetengine.training.checkpoint import load, save
from knetengine.training.checkpoint_header import CheckpointError, read_metadata


def test_the_metadata_is_that_which_comes_with_the_arrays(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    save(path, [np.arange(10.0)], {"epoch": "3", "source": "pass\n"})
    assert read_metadata(path) == load(path)[1] == {"epoch": "3", "source": "pass\n"}


def test_files_of_the_first_version_and_of_others_have_theirs(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    save_file({"w": np.ones(2)}, path, {"knet.structure": '{"array":"w"}', "epoch": "1"})
    assert read_metadata(path) == {"epoch": "1"}
    save_file({"w": np.ones(2)}, path, {"format": "pt"})
    assert read_metadata(path) == {"format": "pt"}


@pytest.mark.parametrize("keep", [0, 5, 60, -1])
def test_a_file_cut_short_is_complained_of_as_by_load(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "file.safetensors"
    save(path, [np.arange(10.0)])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="is not a whole checkpoint") as short:
        read_metadata(path)
    with pytest.raises(CheckpointError) as whole:
        load(path)
    assert str(short.value) == str(whole.value)
