"""Files that PyTorch itself wrote, and the scores that it gives for them."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine import pretrained
from tests.examples.running import EXAMPLES
from tests.knetengine.pretrained import matconvnet_writing as matconvnet
from tests.knetengine.pretrained.networks_by_the_book import VGG11, VGG16

pytestmark = pytest.mark.peers

X = np.random.default_rng(1).standard_normal((2, 3, 224, 224)).astype(np.float32)
RESNETS = {
    "resnet18": ((2, 2, 2, 2), 16, False),
    "resnet34": ((3, 4, 6, 3), 8, False),
    "resnet50": ((3, 4, 6, 3), 16, True),
    "resnet101": ((3, 4, 23, 3), 4, True),
    "resnet152": ((3, 8, 36, 3), 4, True),
}
VGGS = {
    "vgg11": (VGG11, False),
    "vgg13_bn": ((2, 2, 2, 2, 2), True),
    "vgg16_bn": (VGG16, True),
    "vgg19": ((2, 2, 4, 4, 4), False),
}


def network_of(name: str, **options: Any) -> Any:
    """PyTorch's network of that name, with fewer channels."""
    torch = pytest.importorskip("torch")
    from tests.knetengine.pretrained.torch_networks import ResNet, Vgg, trained

    torch.manual_seed(1)
    if name in RESNETS:
        counts, width, deep = RESNETS[name]
        return trained(ResNet(counts, width, deep=deep, **options))
    stages, norm = VGGS[name]
    return trained(Vgg(stages, 16, norm=norm))


def scores_of(network: Any) -> Any:
    import torch

    with torch.no_grad():
        return network(torch.from_numpy(X)).numpy()


def save(form: str, network: Any, path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    if form == "safetensors":
        save_file(network.state_dict(), path)
    elif form == "zip":
        torch.save(network.state_dict(), path)
    elif form == "legacy":
        torch.save(network.state_dict(), path, _use_new_zipfile_serialization=False)
    elif form == "checkpoint":
        optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
        parts = {"epoch": 3, "model": network.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(parts, path)
    else:  # parameters by themselves, which are pickled otherwise
        torch.save(dict(network.named_parameters()) | dict(network.named_buffers()), path)


@pytest.mark.parametrize("form", ["zip", "legacy", "safetensors", "checkpoint", "parameters"])
@pytest.mark.parametrize("name", [*RESNETS, *VGGS])
def test_scores_are_those_of_pytorch(name: str, form: str, tmp_path: Path) -> None:
    network = network_of(name)
    save(form, network, tmp_path / "net")
    kind = name[: 3 if name in VGGS else 6]
    predict = runpy.run_path(str(EXAMPLES / f"{kind}.py"))["predict"]
    model = pretrained.read(tmp_path / "net")
    found = predict(*getattr(pretrained, kind)(model), X)
    expected = scores_of(network)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_scores_of_caffes_residual_network_are_those_of_pytorch(tmp_path: Path) -> None:
    network = network_of("resnet50", caffe=True)
    arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    names = [f"thing {number}" for number in range(1000)]
    meta = matconvnet.meta(matconvnet.AVERAGE, names)
    path = tmp_path / "net.mat"
    matconvnet.save(path, params=matconvnet.resnet_params(arrays), meta=meta)
    predict = runpy.run_path(str(EXAMPLES / "resnet.py"))["predict"]
    model = pretrained.read(path)
    found = predict(*pretrained.resnet(model), X, model.caffe)
    expected = scores_of(network)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_every_kind_of_tensor_comes_as_pytorch_has_it(form: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    base = torch.randn(6, 8)
    tensors = {
        "bfloat16": torch.randn(7).bfloat16(),
        "bool": torch.tensor([True, False]),
        "channels last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "double": torch.randn(2, 2, dtype=torch.float64),
        "expanded": torch.randn(3, 1).expand(3, 4),
        "half": torch.randn(3).half(),
        "int8": torch.tensor([-3, 3], dtype=torch.int8),
        "long": torch.arange(4),
        "none": torch.zeros(0, 2),
        "number": torch.tensor(3.5),
        "shares": base[2:, 1:],
        "transposed": base.T,
    }
    path = tmp_path / "net.pth"
    torch.save(tensors, path, _use_new_zipfile_serialization=form == "zip")
    found = pretrained.read(path).arrays
    assert list(found) == list(tensors)
    for name, tensor in tensors.items():
        expected = (tensor.float() if name == "bfloat16" else tensor).numpy()
        assert (found[name].dtype, found[name].shape) == (expected.dtype, expected.shape)
        np.testing.assert_array_equal(found[name], expected)


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_a_whole_pickled_network_is_refused(form: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save(
        network_of("vgg11"), tmp_path / "net.pth", _use_new_zipfile_serialization=form == "zip"
    )
    with pytest.raises(pretrained.PretrainedError, match=r"asks for .*torch_networks\.Vgg; only a"):
        pretrained.read(tmp_path / "net.pth")
