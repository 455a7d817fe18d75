"""PyTorch's files are read as what they hold, and can do nothing."""

import contextlib
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine.pretrained import PretrainedError, read
from tests.knetengine.pretrained import torch_writing as writing

GENERATOR = np.random.default_rng(3)
ARRAYS: dict[str, Any] = {
    "conv1.weight": GENERATOR.standard_normal((4, 3, 7, 7)).astype(np.float32),
    "bn1.bias": GENERATOR.standard_normal(4),
    "bn1.num_batches_tracked": np.array(12),
    "half": GENERATOR.standard_normal((2, 3)).astype(np.float16),
    "bytes": np.arange(5, dtype=np.uint8),
    "none": np.zeros((0, 3), np.float32),
}


def assert_same(found: Any, expected: dict[str, Any]) -> None:
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("save", [writing.save_zip, writing.save_legacy])
def test_arrays_come_as_they_were(save: Any, tmp_path: Path) -> None:
    found = read(save(tmp_path / "net.pth", ARRAYS)).arrays
    assert_same(found, ARRAYS)
    assert not any(array.flags.writeable for array in found.values())
    assert all(array.flags.aligned for array in found.values())


def test_a_compressed_zip_is_read_too(tmp_path: Path) -> None:
    path = writing.save_zip(tmp_path / "net.pth", ARRAYS, compression=zipfile.ZIP_DEFLATED)
    assert_same(read(path).arrays, ARRAYS)


@pytest.mark.parametrize("legacy", [False, True])
def test_numbers_of_a_machine_of_another_order_are_turned(legacy: bool, tmp_path: Path) -> None:
    array = GENERATOR.standard_normal((3, 2)).astype(np.float32)
    numbers = array.astype(">f4").tobytes()
    content = writing.whole(writing.mapping(writing.tensors({"a": array})))
    path = tmp_path / "net.pth"
    if legacy:
        writing.write_legacy(path, content, [(6, numbers)], order="big")
    else:
        writing.write_zip(path, content, [numbers], order="big")
    assert_same(read(path).arrays, {"a": array})


def test_windows_of_one_storage_and_other_strides(tmp_path: Path) -> None:
    numbers = np.arange(12, dtype=np.float32)
    stored = writing.storage("0", "Float", 12)
    parts = {
        "columns": writing.tensor(stored, (3, 4), (1, 3)),
        "end": writing.tensor(stored, (2, 2), (2, 1), offset=8),
        "repeated": writing.tensor(stored, (3, 2), (0, 1), offset=10),
    }
    content = writing.whole(writing.mapping(parts))
    found = read(writing.write_zip(tmp_path / "net.pth", content, [numbers.tobytes()])).arrays
    assert_same(
        found,
        {
            "columns": numbers.reshape(4, 3).T,
            "end": numbers[8:].reshape(2, 2),
            "repeated": np.array([[10, 11]] * 3, np.float32),
        },
    )


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path: Path) -> None:
    expected = np.array([1.0, -2.5, 3e38, 0.0078125], np.float32)
    upper = (expected.view(np.uint32) >> 16).astype(np.uint16)
    whole = (upper.astype(np.uint32) << 16).view(np.float32)
    content = writing.mapping(
        {"a": writing.tensor(writing.storage("0", "BFloat16", 4), (4,), (1,))}
    )
    path = writing.write_zip(tmp_path / "net.pth", writing.whole(content), [upper.tobytes()])
    assert_same(read(path).arrays, {"a": whole})


@pytest.mark.parametrize("outer", ["state_dict", "model", "model_state_dict"])
def test_what_training_scripts_put_around_is_taken_off(outer: str, tmp_path: Path) -> None:
    array = np.ones((2, 2), np.float32)
    parameter = writing.name("torch._utils", "_rebuild_parameter")
    (inner,) = writing.tensors({"a": array}).values()
    inner = writing.call(
        parameter, inner, b"\x88", writing.call(writing.name("collections", "OrderedDict"))
    )
    content = {"epoch": writing.integer(3), outer: writing.mapping({"module.fc.weight": inner})}
    path = tmp_path / "net.pth"
    writing.write_zip(path, writing.whole(writing.mapping(content)), [array.tobytes()])
    assert_same(read(path).arrays, {"fc.weight": array})


# What a pickle may not do


class Touch:
    """Executes a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_that_would_execute_a_command_is_refused(
    protocol: int, legacy: bool, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    content = pickle.dumps({"a": Touch(touched)}, protocol)
    path = tmp_path / "net.pth"
    if legacy:
        writing.write_legacy(path, content, [])
    else:
        writing.write_zip(path, content, [])
    with pytest.raises(PretrainedError, match=r"asks for \w+\.system; .* nothing .* was executed"):
        read(path)
    assert not touched.exists()
    pickle.loads(content)  # the command is a real one
    assert touched.exists()


@pytest.mark.parametrize("place", range(3))
def test_no_pickle_of_the_old_format_may(place: int, tmp_path: Path) -> None:
    """The first ones and the last are pickles too."""
    good = writing.save_legacy(tmp_path / "good.pth", {}).read_bytes()
    pieces = [piece + b"." for piece in good.split(b".")[:-1]]
    touched = tmp_path / "touched"
    pieces[[1, 2, 4][place]] = pickle.dumps(Touch(touched), 2)
    path = tmp_path / "net.pth"
    path.write_bytes(b"".join(pieces))
    with pytest.raises(PretrainedError, match=r"asks for \w+\.system"):
        read(path)
    assert not touched.exists()


@pytest.mark.parametrize(
    ("module", "word"),
    [
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("torchvision.models.resnet", "ResNet"),
        ("torch", "load"),
        ("torch.storage", "_load_from_bytes"),
        ("collections", "OrderedDict.fromkeys"),
        ("numpy.core.multiarray", "_reconstruct"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_other_names_are_refused(module: str, word: str, protocol: int, tmp_path: Path) -> None:
    named = writing.name(module, word)
    if protocol == 4:
        named = writing.text(module) + writing.text(word) + b"\x93"
    content = bytes([0x80, protocol]) + writing.call(named) + b"."
    with pytest.raises(PretrainedError, match=f"its pickle asks for {module}.{word}; only a dict"):
        read(writing.write_zip(tmp_path / "net.pth", content, []))


def test_setting_attributes_of_what_is_known_changes_nothing_for_the_next_file(
    tmp_path: Path,
) -> None:
    rebuild = writing.name("torch._utils", "_rebuild_tensor_v2")
    state = b"N" + b"}" + writing.text("__defaults__") + writing.group(writing.integer(1)) + b"s"
    content = rebuild + state + b"\x86" + b"b"
    with pytest.raises(PretrainedError):
        read(writing.write_zip(tmp_path / "bad.pth", writing.whole(content), []))
    assert_same(read(writing.save_zip(tmp_path / "net.pth", ARRAYS)).arrays, ARRAYS)


# Damage


def one(shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0, count: int = 6) -> bytes:
    stored = writing.storage("0", "Float", count)
    return writing.whole(writing.mapping({"a": writing.tensor(stored, shape, strides, offset)}))


@pytest.mark.parametrize(
    "content",
    [
        one((3, 3), (3, 1)),
        one((2, 3), (3, 1), offset=1),
        one((2, 3), (30000, 1)),
        one((2, 3), (-3, 1)),
        one((-2, 3), (3, 1)),
        one((2, 3), (3, 1), offset=-1),
        one((2, 3), (3,)),
        one((2, 3), (3, 1), count=7),
        one((2, 3), (3, 1), count=-6),
        writing.whole(writing.mapping({"a": writing.storage("9", "Float", 6)})),
        writing.whole(writing.mapping({"a": writing.integer(1) + b"Q"})),
        writing.whole(writing.mapping({"a": writing.tensor(writing.integer(3), (2, 3), (3, 1))})),
        b"\x80\x02(((",
        b"\x80\x02K\x01K\x02R.",
        b"",
    ],
)
def test_a_window_beyond_its_numbers_and_other_damage_is_said(
    content: bytes, tmp_path: Path
) -> None:
    path = writing.write_zip(tmp_path / "net.pth", content, [bytes(24)])
    with pytest.raises(PretrainedError, match=r"net\.pth is cut short or damaged \(.+\); download"):
        read(path)


@pytest.mark.parametrize("save", [writing.save_zip, writing.save_legacy])
def test_a_file_cut_short_anywhere_is_said(save: Any, tmp_path: Path) -> None:
    content = save(tmp_path / "net.pth", ARRAYS).read_bytes()
    path = tmp_path / "cut.pth"
    for length in [*range(8, 200, 3), *range(200, len(content), 97), len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(PretrainedError, match=r"cut\.pth"):
            read(path)


@pytest.mark.parametrize("save", [writing.save_zip, writing.save_legacy])
def test_a_changed_byte_raises_nothing_else(save: Any, tmp_path: Path) -> None:
    content = save(tmp_path / "net.pth", ARRAYS).read_bytes()
    generator = np.random.default_rng(5)
    path = tmp_path / "changed.pth"
    refused = 0
    for at in generator.integers(8, len(content), 400):
        changed = bytearray(content)
        changed[at] ^= generator.integers(1, 256)
        path.write_bytes(changed)
        with contextlib.suppress(PretrainedError):
            read(path)
            continue
        refused += 1
    assert refused > 50


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (writing.whole(writing.integer(1)), "holds a int without tensors"),
        (writing.whole(writing.mapping({})), "without tensors; expected a dict of them"),
        (writing.whole(writing.mapping({"a": writing.integer(1)})), "without tensors"),
    ],
)
def test_a_file_without_tensors_is_said(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match=words):
        read(writing.write_zip(tmp_path / "net.pth", content, []))


def test_another_zip_and_another_version_are_said(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, a=np.ones(3))
    with pytest.raises(PretrainedError, match=r"other\.npz is a zip without data\.pkl"):
        read(path)
    path = writing.save_legacy(tmp_path / "net.pth", ARRAYS)
    path.write_bytes(path.read_bytes().replace(b"M\xe9\x03.", b"M\xe8\x03.", 1))
    with pytest.raises(PretrainedError, match="has version 1000; 1001 is read"):
        read(path)
