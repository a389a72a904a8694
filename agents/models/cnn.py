"""A small convolutional net: a few blocks of convolution, batch normalisation and pooling, then dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from agents.models.base import Net
from agents.models.head import Convolution, Dense, HeadShape, Tanh
from agents.models.options import CnnOptions

_ACTIVATIONS = {"tanh": Tanh, "relu": nn.ReLU}
#: Images that go through the trunk at once.
ROWS = 256
#: Side of what the dense layers see at most; larger images are averaged down to it.
_SIDE = 4


def cnn(input_shape: tuple[int, ...], classes: int, options: CnnOptions) -> Net:
    """Return blocks of ``channels``, then dense layers ``hidden`` -> classes; the last ``layers`` are the head.

    Each block is a 3x3 convolution, batch normalisation, ReLU, and halves the image. ``activation`` (tanh or relu)
    follows each hidden dense layer. On devices the statistics of batch normalisation are frozen.

    Raises:
        ValueError: input that is no image.
    """
    channels, hidden = tuple(options.channels), tuple(options.hidden)
    layers, activation = options.layers, options.activation
    depth, height, width = image_shape(input_shape, "cnn")
    dims = (*hidden, classes)
    cut = len(dims) - 1 - layers

    def build_trunk() -> nn.Module:
        blocks, (high, wide) = _blocks((depth, *channels), (height, width))
        flat = channels[-1] * high * wide
        dense = [(Dense(i, o), _ACTIVATIONS[activation]()) for i, o in pairwise((flat, *dims[: cut + 1]))]
        steps = (ChannelsLast(), *blocks, nn.Flatten(), *(layer for step in dense for layer in step))
        return in_channels_last(nn.Sequential(*steps))

    made_of = {"input": input_shape, "channels": channels, "dims": dims, "cut": cut, "activation": activation}
    bound = 1.0 if activation == "tanh" else None
    return Net("cnn", input_shape, HeadShape(dims[cut:], activation), build_trunk, bound, made_of, rows=ROWS)


def _blocks(channels: Sequence[int], sides: tuple[int, int]) -> tuple[list[nn.Module], tuple[int, int]]:
    """Return the blocks, and (height, width) of what comes out."""
    steps: list[nn.Module] = []
    for before, after in pairwise(channels):
        steps += [Convolution(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        if min(sides) > 1:
            steps.append(nn.MaxPool2d(2))
            sides = (sides[0] // 2, sides[1] // 2)
    small = (min(sides[0], _SIDE), min(sides[1], _SIDE))
    return ([*steps, nn.AdaptiveAvgPool2d(small)] if small != sides else steps), small


class ChannelsLast(nn.Module):
    """Lays images out with their channels together, which convolutions on CPU are faster on."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.contiguous(memory_format=torch.channels_last)


def in_channels_last(net: nn.Sequential) -> nn.Sequential:
    """Lay the filters of ``net`` out as :class:`ChannelsLast` lays out images, in place; return it."""
    for parameter in net.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return net


def image_shape(input_shape: tuple[int, ...], name: str) -> tuple[int, int, int]:
    """Return (channels, height, width).

    Raises:
        ValueError: the input has no such shape.
    """
    if len(input_shape) != 3:
        shown = "x".join(map(str, input_shape))
        raise ValueError(f"{name} takes images (channels x height x width), not inputs of {shown}")
    return input_shape[0], input_shape[1], input_shape[2]
