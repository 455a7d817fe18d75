"""The networks of torchvision in PyTorch, with its names of parameters and other widths."""

from typing import Any

import torch
from torch import Tensor, nn


class Vgg(nn.Module):
    """Stages of so many convolutions, and three dense layers."""

    def __init__(self, stages: tuple[int, ...], width: int, *, norm: bool) -> None:
        super().__init__()
        features: list[nn.Module] = []
        inputs = 3
        for stage, count in enumerate(stages):
            outputs = width << min(stage, 3)
            for _ in range(count):
                features.append(nn.Conv2d(inputs, outputs, 3, padding=1))
                features += [nn.BatchNorm2d(outputs)] if norm else []
                features.append(nn.ReLU())
                inputs = outputs
            features.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*features)
        dense = [nn.Linear(inputs * 49, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 64), nn.ReLU()]
        self.classifier = nn.Sequential(*dense, nn.Dropout(), nn.Linear(64, 1000))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


class Block(nn.Module):
    """Two convolutions, or three: 1 x 1, 3 x 3, 1 x 1. caffe: the first one halves, as in Caffe."""

    def __init__(self, inputs: int, inner: int, stride: int, *, deep: bool, caffe: bool) -> None:
        super().__init__()
        outputs = 4 * inner if deep else inner
        sizes = [(inner, 1), (inner, 3), (outputs, 1)] if deep else [(inner, 3), (outputs, 3)]
        halving = 0 if caffe else len(sizes) - 2
        before = inputs
        for number, (channels, size) in enumerate(sizes):
            step = stride if number == halving else 1
            layer = nn.Conv2d(before, channels, size, step, size // 2, bias=False)
            self.add_module(f"conv{number + 1}", layer)
            self.add_module(f"bn{number + 1}", nn.BatchNorm2d(channels))
            before = channels
        self.layers = len(sizes)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            layer = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(layer, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for number in range(1, self.layers + 1):
            y = torch.relu(y) if number > 1 else y
            y = self.get_submodule(f"conv{number}")(y)
            y = self.get_submodule(f"bn{number}")(y)
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Four stages of so many blocks."""

    def __init__(
        self, counts: tuple[int, ...], width: int, *, deep: bool, caffe: bool = False
    ) -> None:
        super().__init__()
        self.caffe = caffe
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for stage, count in enumerate(counts):
            blocks: list[nn.Module] = []
            for number in range(count):
                stride = 2 if stage and number == 0 else 1
                blocks.append(Block(inputs, width << stage, stride, deep=deep, caffe=caffe))
                inputs = (4 if deep else 1) * (width << stage)
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        edges: dict[str, Any] = {"ceil_mode": True} if self.caffe else {"padding": 1}
        x = nn.functional.max_pool2d(x, 3, 2, **edges)
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


def trained(network: nn.Module) -> nn.Module:
    """The network out of training, with moments and gains that something was learned by."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, 0, 0.2)
            nn.init.uniform_(layer.running_var, 0.5, 2)
            nn.init.uniform_(layer.weight, 0.5, 1)
            nn.init.normal_(layer.bias, 0, 0.1)
    return network.eval()
