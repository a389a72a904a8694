"""MobileNetV3 with a stem for small images (A. Howard et al., "Searching for MobileNetV3", ICCV 2019, tables 1 and 2).

The first convolution keeps the size of the image, where the paper halves one of 224 pixels. Everything up to the last
dense layer, or the last two, is the trunk; the statistics of batch normalisation are frozen on devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from agents.models.base import Net
from agents.models.channels import scaled
from agents.models.cnn import ROWS, ChannelsLast, image_shape, in_channels_last
from agents.models.head import Convolution, Dense, HeadShape
from agents.models.options import LargeMobileNetOptions, MobileNetOptions
from agents.models.weight_files import beginning_with, digest_of


class _Row(NamedTuple):
    """One row of the paper's table: kernel, expansion, output, squeeze-and-excite, nonlinearity, stride."""

    kernel: int
    expanded: int
    out: int
    squeezes: bool
    activation: type[nn.Module]
    stride: int


_ROWS = (
    _Row(3, 16, 16, True, nn.ReLU, 2),
    _Row(3, 72, 24, False, nn.ReLU, 2),
    _Row(3, 88, 24, False, nn.ReLU, 1),
    _Row(5, 96, 40, True, nn.Hardswish, 2),
    _Row(5, 240, 40, True, nn.Hardswish, 1),
    _Row(5, 240, 40, True, nn.Hardswish, 1),
    _Row(5, 120, 48, True, nn.Hardswish, 1),
    _Row(5, 144, 48, True, nn.Hardswish, 1),
    _Row(5, 288, 96, True, nn.Hardswish, 2),
    _Row(5, 576, 96, True, nn.Hardswish, 1),
    _Row(5, 576, 96, True, nn.Hardswish, 1),
)
_LARGE_ROWS = (
    _Row(3, 16, 16, False, nn.ReLU, 1),
    _Row(3, 64, 24, False, nn.ReLU, 2),
    _Row(3, 72, 24, False, nn.ReLU, 1),
    _Row(5, 72, 40, True, nn.ReLU, 2),
    _Row(5, 120, 40, True, nn.ReLU, 1),
    _Row(5, 120, 40, True, nn.ReLU, 1),
    _Row(3, 240, 80, False, nn.Hardswish, 2),
    _Row(3, 200, 80, False, nn.Hardswish, 1),
    _Row(3, 184, 80, False, nn.Hardswish, 1),
    _Row(3, 184, 80, False, nn.Hardswish, 1),
    _Row(3, 480, 112, True, nn.Hardswish, 1),
    _Row(3, 672, 112, True, nn.Hardswish, 1),
    _Row(5, 672, 160, True, nn.Hardswish, 2),
    _Row(5, 960, 160, True, nn.Hardswish, 1),
    _Row(5, 960, 160, True, nn.Hardswish, 1),
)
_STEM = 16
#: What torchvision's weights were trained with: it is added to variances.
_EPSILON = 1e-3


def mobilenet_v3_small(input_shape: tuple[int, ...], classes: int, options: MobileNetOptions) -> Net:
    """Return the small net; ``width`` scales all channels, the last ``layers`` dense layers are the head.

    Raises:
        ValueError: input that is no image, or weights that do not fit.
    """
    return _net("mobilenet_v3_small", _ROWS, input_shape, classes, options)


def mobilenet_v3_large(input_shape: tuple[int, ...], classes: int, options: LargeMobileNetOptions) -> Net:
    """Return the large net, as :func:`mobilenet_v3_small` does the small one."""
    return _net("mobilenet_v3_large", _LARGE_ROWS, input_shape, classes, options)


def _net(
    name: str,
    rows: Sequence[_Row],
    input_shape: tuple[int, ...],
    classes: int,
    options: MobileNetOptions,
) -> Net:
    width, hidden, layers = options.width, options.hidden, options.layers
    last = scaled(options.last, width)
    depth = image_shape(input_shape, name)[0]

    def build_trunk() -> nn.Module:
        steps = _convolutions(depth, rows, last, width)
        if layers == 1:
            steps += [Dense(last, hidden), nn.Hardswish()]
        trunk = in_channels_last(nn.Sequential(*steps))
        for part in trunk.modules():
            if options.weights is not None and isinstance(part, nn.BatchNorm2d):
                part.eps = _EPSILON
        return trunk

    dims = (hidden, classes) if layers == 1 else (last, hidden, classes)
    made_of: dict[str, object] = {"input": input_shape, "width": width, "hidden": hidden}
    made_of |= {"layers": layers} if layers > 1 else {}
    file, begin = options.weights, None
    if file is not None:
        made_of["weights"], begin = digest_of(file), beginning_with(file, name)
    head = HeadShape(dims, "hardswish" if layers > 1 else "tanh")
    return Net(name, input_shape, head, build_trunk, None, made_of, rows=ROWS, weights=begin)


def _convolutions(depth: int, rows: Sequence[_Row], last: int, width: float) -> list[nn.Module]:
    stem = scaled(_STEM, width)
    steps: list[nn.Module] = [ChannelsLast(), *_convolved(depth, stem, 3, nn.Hardswish)]
    inputs = stem
    for row in rows:
        steps.append(InvertedResidual(inputs, row, width))
        inputs = scaled(row.out, width)
    return [*steps, *_convolved(inputs, last, 1, nn.Hardswish), nn.AdaptiveAvgPool2d(1), nn.Flatten()]


class InvertedResidual(nn.Module):
    """Widen, filter each channel alone, weigh channels, narrow; add the input where shapes allow."""

    def __init__(self, inputs: int, row: _Row, width: float) -> None:
        super().__init__()
        wide, out = scaled(row.expanded, width), scaled(row.out, width)
        steps = [] if wide == inputs else _convolved(inputs, wide, 1, row.activation)
        steps += _convolved(wide, wide, row.kernel, row.activation, row.stride, groups=wide)
        if row.squeezes:
            steps.append(SqueezeExcite(wide))
        self.steps = nn.Sequential(*steps, *_convolved(wide, out, 1, None))
        self.adds = row.stride == 1 and inputs == out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.steps(x)
        return x + y if self.adds else y


class SqueezeExcite(nn.Module):
    """Weigh each channel by what all channels hold on average (Hu et al., CVPR 2018), with a hard sigmoid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = scaled(channels, 0.25)
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            Convolution(channels, squeezed, 1),
            nn.ReLU(),
            Convolution(squeezed, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        count_bytes: torch.Tensor = x * self.weigh(x)
        return count_bytes


def _convolved(
    inputs: int, out: int, kernel: int, activation: type[nn.Module] | None, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Return convolution, batch normalisation and, unless it is a narrowing one, a nonlinearity."""
    convolution = Convolution(inputs, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(out), *([] if activation is None else [activation()])]
