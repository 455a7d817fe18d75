"""Weights of torchvision's networks in the examples give what they should."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine import pretrained
from knetengine.autograd.containers import flatten
from knetengine.pretrained import Model, PretrainedError
from tests.examples.running import EXAMPLES
from tests.knetengine.pretrained.networks_by_the_book import (
    VGG11,
    VGG16,
    resnet_arrays,
    resnet_scores,
    vgg_arrays,
    vgg_scores,
)

X = np.random.default_rng(1).standard_normal((3, 224, 224)).astype(np.float32)


def model_of(arrays: dict[str, Any]) -> Model:
    ones = np.ones((3, 1, 1), np.float32)
    return Model(Path("net.pth"), arrays, ones, ones)


def assert_close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def vgg_of_example(arrays: dict[str, Any], x: Any) -> Any:
    example = runpy.run_path(str(EXAMPLES / "vgg.py"))
    return example["predict"](*pretrained.vgg(model_of(arrays)), x[None])[0]


def resnet_of_example(arrays: dict[str, Any], x: Any) -> Any:
    example = runpy.run_path(str(EXAMPLES / "resnet.py"))
    return example["predict"](*pretrained.resnet(model_of(arrays)), x[None])[0]


@pytest.mark.parametrize(("stages", "norm"), [(VGG11, False), (VGG11, True), (VGG16, False)])
def test_the_vgg_example_gives_what_the_definition_does(
    stages: tuple[int, ...], norm: bool
) -> None:
    arrays = vgg_arrays(stages, norm=norm)
    assert_close(vgg_of_example(arrays, X), vgg_scores(arrays, X, stages))


@pytest.mark.parametrize(
    ("counts", "deep"), [((2, 2, 2, 2), False), ((1, 2, 1, 1), True), ((3, 4, 6, 3), True)]
)
def test_the_resnet_example_gives_what_the_definition_does(
    counts: tuple[int, ...], deep: bool
) -> None:
    arrays = resnet_arrays(counts, deep=deep)
    assert_close(resnet_of_example(arrays, X), resnet_scores(arrays, X))


@pytest.mark.parametrize(
    ("stages", "layers"),
    [((1, 1, 2, 2, 2), 11), ((2, 2, 2, 2, 2), 13), ((2, 2, 3, 3, 3), 16), ((2, 2, 4, 4, 4), 19)],
)
@pytest.mark.parametrize("norm", [False, True])
def test_stages_of_a_vgg_are_seen_in_the_numbers(
    stages: tuple[int, ...], layers: int, norm: bool
) -> None:
    w, moments = pretrained.vgg(model_of(vgg_arrays(stages, norm=norm)))
    assert tuple(map(len, w[0])) == tuple(map(len, moments)) == stages
    assert sum(stages) + len(w[1]) == layers
    assert all((found is not None) == norm for stage in moments for found in stage)


def test_blocks_of_a_resnet_101_are_seen_in_the_names() -> None:
    w, moments = pretrained.resnet(model_of(resnet_arrays((3, 4, 23, 3), deep=True)))
    assert len(w) == 1 + 33 + 1
    assert [len(block) for block in w[1:8]] == [4, 3, 3, 4, 3, 3, 3]
    assert list(map(len, moments)) == list(map(len, w[:-1]))


def test_weights_are_not_copied() -> None:
    arrays = vgg_arrays()
    (_, dense), _ = pretrained.vgg(model_of(arrays))
    assert np.shares_memory(dense[0][0], arrays["classifier.0.weight"])


@pytest.mark.parametrize("norm", [False, True])
def test_a_start_for_training_is_copies_and_a_new_last_layer(norm: bool) -> None:
    arrays = vgg_arrays(norm=norm)
    for array in arrays.values():
        array.flags.writeable = False  # as those of a file are
    given, given_moments = pretrained.vgg(model_of(arrays))
    draw = np.random.default_rng(1)
    w, moments = pretrained.vgg(model_of(arrays), classes=3, side=64, generator=draw)
    for found, expected in ((w[0], given[0]), (moments, given_moments)):
        for leaf, other in zip(flatten(found)[0], flatten(expected)[0], strict=True):
            np.testing.assert_array_equal(leaf, other)
            assert leaf is None or leaf.flags.writeable
    assert [leaf.shape for leaf in w[1][0]] == [(16 * 2 * 2, 3), (3,)]
    assert w[1][0][0].std() > 0.1
    w, _ = pretrained.resnet(model_of(resnet_arrays()), classes=3)
    assert [leaf.shape for leaf in w[-1]] == [(16, 3), (3,)]


def test_halves_become_floats() -> None:
    arrays = resnet_arrays()
    halves = {n: a.astype(np.float16) if a.dtype.kind == "f" else a for n, a in arrays.items()}
    w, moments = pretrained.resnet(model_of(halves))
    assert {leaf.dtype for leaf in flatten([w, moments])[0]} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("conv1.weight", (2, 3, 3, 3), r"conv1.weight has shape .* expected \(any, 3, 7, 7\)"),
        ("bn1.running_var", (3,), r"bn1.running_var has shape \(3,\), expected \(2\)"),
        ("layer2.0.conv1.weight", (4, 1, 3, 3), r"layer2.0.conv1.weight .* \(any, 2, 3, 3\)"),
        ("layer2.0.downsample.0.weight", (5, 2, 1, 1), r"downsample.0.weight .* \(4, 2, 1, 1\)"),
        ("fc.weight", (10, 15), r"fc.weight has shape \(10, 15\), expected \(any, 16\)"),
        ("fc.bias", (11,), r"fc.bias has shape \(11,\), expected \(10\)"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_said_by_its_name(name: str, shape: tuple[int, ...], words: str) -> None:
    arrays = resnet_arrays() | {name: np.zeros(shape, np.float32)}
    with pytest.raises(PretrainedError, match=rf"net\.pth: .*{words}"):
        pretrained.resnet(model_of(arrays))


@pytest.mark.parametrize(
    "missing", ["fc.bias", "layer3.1.bn2.running_mean", "layer2.0.downsample.0.weight"]
)
def test_a_missing_array_is_said_by_its_name(missing: str) -> None:
    arrays = resnet_arrays()
    del arrays[missing]
    with pytest.raises(PretrainedError, match=rf"net\.pth has no {missing}: it is of another"):
        pretrained.resnet(model_of(arrays))


def test_another_network_is_said() -> None:
    with pytest.raises(PretrainedError, match=r"has no features\.0\.weight.*begins with conv1"):
        pretrained.vgg(model_of(resnet_arrays()))
    with pytest.raises(PretrainedError, match=r"has no conv1\.weight.*begins with features\.0"):
        pretrained.resnet(model_of(vgg_arrays()))
    with pytest.raises(PretrainedError, match="it begins with nothing"):
        pretrained.vgg(model_of({}))


def test_what_the_network_would_leave_out_is_said() -> None:
    """As of a network with squeeze and excitation, which would give nonsense without."""
    more = {"layer1.0.se.fc1.weight": np.ones((1, 2)), "layer1.0.se.fc1.bias": np.ones(1)}
    with pytest.raises(PretrainedError, match=r"layer1\.0\.se\.fc1\.weight.* and 1 more"):
        pretrained.resnet(model_of(resnet_arrays() | more))


def test_integers_are_said() -> None:
    arrays = vgg_arrays()
    arrays["features.0.weight"] = arrays["features.0.weight"].astype(np.int8)
    with pytest.raises(PretrainedError, match=r"features\.0\.weight is of int8, expected floats"):
        pretrained.vgg(model_of(arrays))
