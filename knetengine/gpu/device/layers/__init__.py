"""Layers that have kernels of their own on a device, by family; the others run as their twins."""

from knetengine.gpu.device.layers import (
    activations,
    convolution,
    dropout,
    embedding,
    losses,
    normalization,
    optimisers,
    pooling,
    recurrent,
)
from knetengine.gpu.device.layers.table import LAYERS as LAYERS

FAMILIES = (
    activations,
    convolution,
    dropout,
    embedding,
    losses,
    normalization,
    optimisers,
    pooling,
    recurrent,
)
