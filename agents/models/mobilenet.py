"""MobileNetV3-small with a stem for small images (A. Howard et al., "Searching for MobileNetV3", ICCV 2019, table 2).

The first convolution keeps the size of the image, where the paper halves one of 224 pixels. Everything up to the
last dense layer is the trunk; the statistics of batch normalisation are frozen on devices.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from agents.models.base import Net
from agents.models.cnn import ROWS, ChannelsLast, image_shape, in_channels_last
from agents.models.head import Dense, HeadShape
from agents.models.options import MobileNetOptions


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
_STEM, _LAST = 16, 576
#: Channels come in multiples of this, which processors like.
_MULTIPLE = 8


def mobilenet_v3_small(input_shape: tuple[int, ...], classes: int, options: MobileNetOptions) -> Net:
    """Return the net; ``width`` scales all channels, ``hidden`` is the number of features that the head sees.

    Raises:
        ValueError: input that is no image.
    """
    width, hidden = options.width, options.hidden
    depth = image_shape(input_shape, "mobilenet_v3_small")[0]

    def build_trunk() -> nn.Module:
        return _trunk(depth, width, hidden)

    made_of = {"input": input_shape, "width": width, "hidden": hidden}
    head = HeadShape((hidden, classes))
    return Net("mobilenet_v3_small", input_shape, head, build_trunk, None, made_of, rows=ROWS)


def _trunk(depth: int, width: float, hidden: int) -> nn.Module:
    stem, last = scaled(_STEM, width), scaled(_LAST, width)
    steps: list[nn.Module] = [ChannelsLast(), *_convolved(depth, stem, 3, nn.Hardswish)]
    inputs = stem
    for row in _ROWS:
        steps.append(InvertedResidual(inputs, row, width))
        inputs = scaled(row.out, width)
    steps += [*_convolved(inputs, last, 1, nn.Hardswish), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    steps += [Dense(last, hidden), nn.Hardswish()]
    return in_channels_last(nn.Sequential(*steps))


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
            nn.Conv2d(channels, squeezed, 1),
            nn.ReLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        count_bytes: torch.Tensor = x * self.weigh(x)
        return count_bytes


def scaled(channels: int, factor: float) -> int:
    """Return ``channels * factor`` to the nearest multiple of eight, at least eight, never a tenth below."""
    wanted = channels * factor
    rounded = max(_MULTIPLE, int(wanted + _MULTIPLE / 2) // _MULTIPLE * _MULTIPLE)
    return rounded + _MULTIPLE if rounded < 0.9 * wanted else rounded


def _convolved(
    inputs: int, out: int, kernel: int, activation: type[nn.Module] | None, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Return convolution, batch normalisation and, unless it is a narrowing one, a nonlinearity."""
    convolution = nn.Conv2d(inputs, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(out), *([] if activation is None else [activation()])]
