"""MatConvNet's files give the arrays of torchvision's names that they were made of."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from knetengine import pretrained
from knetengine.pretrained import PretrainedError, read
from tests.examples.running import EXAMPLES
from tests.knetengine.pretrained.matconvnet_writing import (
    AVERAGE,
    cell,
    meta,
    resnet_params,
    save,
    structs,
    vgg_layers,
)
from tests.knetengine.pretrained.networks_by_the_book import (
    VGG16,
    resnet_arrays,
    resnet_scores,
    vgg_arrays,
)

NAMES = ["tench, Tinca tinca", "goldfish", *"cdefghij"]


def assert_same(found: Any, expected: dict[str, Any], **tolerance: float) -> None:
    assert sorted(found) == sorted(n for n in expected if "num_batches" not in n)
    for name, array in found.items():
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, expected[name], **tolerance, err_msg=name)


@pytest.mark.parametrize("average", [AVERAGE, AVERAGE.reshape(1, 1, 3)])
def test_a_chain_of_layers(average: Any, tmp_path: Path) -> None:
    arrays = vgg_arrays(VGG16)
    path = save(tmp_path / "net.mat", layers=vgg_layers(arrays), meta=meta(average, NAMES))
    model = read(path)
    assert_same(model.arrays, arrays, rtol=0)
    w, _ = pretrained.vgg(model)
    assert tuple(map(len, w[0])) == VGG16
    assert (model.labels[0], model.labels[9], model.caffe) == ("tench, Tinca tinca", "j", True)
    np.testing.assert_allclose(model.average.reshape(-1), AVERAGE, rtol=1e-6)
    with pytest.raises(
        PretrainedError, match=r"net\.mat is MatConvNet's, by which one can classify"
    ):
        pretrained.vgg(model, classes=10)


def test_a_chain_of_layers_before_version_1(tmp_path: Path) -> None:
    arrays = vgg_arrays()
    layers = vgg_layers(arrays, named=True)
    path = save(tmp_path / "net.mat", layers=layers, **meta(AVERAGE, NAMES))
    assert_same(read(path).arrays, arrays, rtol=0)
    assert read(path).labels[1] == "goldfish"


@pytest.mark.parametrize(("counts", "numbered"), [((1, 2, 3, 1), False), ((1, 2, 12, 1), True)])
def test_a_graph_with_named_parameters(
    counts: tuple[int, ...], numbered: bool, tmp_path: Path
) -> None:
    arrays = resnet_arrays(counts, deep=True)
    params = resnet_params(arrays, numbered=numbered)
    path = save(tmp_path / "net.mat", params=params, meta=meta(AVERAGE, NAMES))
    model = read(path)
    assert_same(model.arrays, arrays, rtol=1e-6, atol=1e-6)  # variances were roots
    assert model.caffe
    example = runpy.run_path(str(EXAMPLES / "resnet.py"))
    x = np.random.default_rng(1).standard_normal((3, 224, 224)).astype(np.float32)
    found = example["predict"](*pretrained.resnet(model), x[None], model.caffe)[0]
    expected = resnet_scores(arrays, x, caffe=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    other = resnet_scores(arrays, x)
    assert np.abs(other - expected).max() > 0.01 * np.abs(expected).max()


def test_a_bias_before_a_normalization_is_taken_off_its_mean(tmp_path: Path) -> None:
    """Caffe's network of 50 layers has one."""
    arrays = resnet_arrays((1, 1, 1, 1), deep=True)
    bias = np.array([0.5, -2], np.float32)
    model = read(
        save(
            tmp_path / "net.mat",
            params=resnet_params(arrays | {"conv1.bias": bias}),
            meta=meta(AVERAGE, NAMES),
        )
    )
    _, moments = pretrained.resnet(model)
    np.testing.assert_allclose(moments[0][0][0], arrays["bn1.running_mean"] - bias, rtol=1e-6)


def test_the_average_picture_is_taken_off(tmp_path: Path) -> None:
    average = np.random.default_rng(1).uniform(0, 255, (224, 224, 3))
    layers = vgg_layers(vgg_arrays())
    model = read(save(tmp_path / "net.mat", layers=layers, meta=meta(average, NAMES)))
    Image.new("RGB", (256, 256), (10, 20, 30)).save(tmp_path / "picture.png")
    x = model.picture(tmp_path / "picture.png")
    expected = np.array([10, 20, 30]) - average[7, 100]
    np.testing.assert_allclose(x[0, :, 7, 100], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": np.ones(3)}, "KeyError"),
        ({"layers": cell(structs([{"type": "lrn"}]))}, "a layer of type 'lrn'"),
        ({"layers": cell(structs([{"type": "conv", "weights": np.ones(3)}]))}, "net.mat is no"),
    ],
)
def test_another_file_is_said(content: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = save(tmp_path / "net.mat", meta=meta(AVERAGE, NAMES), **content)
    with pytest.raises(PretrainedError, match=words):
        read(path)


def test_a_file_cut_short_is_said(tmp_path: Path) -> None:
    layers = vgg_layers(vgg_arrays())
    path = save(tmp_path / "net.mat", layers=layers, meta=meta(AVERAGE, NAMES))
    content = path.read_bytes()
    for length in (130, 1000, len(content) // 2, len(content) - 100):
        path.write_bytes(content[:length])
        with pytest.raises(PretrainedError, match=r"net\.mat"):
            read(path)
