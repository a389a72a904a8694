"""Weights from a local file, as torchvision saves those of its MobileNetV3: where a net begins to be trained."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import nn

#: Names below which the file has what comes before the dense layers, and the two dense layers.
_FEATURES, _HIDDEN, _LAST = "features.", "classifier.0.", "classifier.3."


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"weights: {file} cannot be read: {error.strerror}") from error


def beginning_with(file: Path, name: str) -> Callable[[nn.Module, torch.Tensor], None]:
    """Return what sets a trunk, and a packed head [1, params], to the weights in ``file``.

    Tensors are matched in order; a last layer for another number of classes stays as it was drawn.

    Raises:
        ValueError: the file holds no weights.
    """
    weights = _read(file)

    @torch.no_grad()
    def begin(trunk: nn.Module, packed: torch.Tensor) -> None:
        hidden = [weights[_HIDDEN + "weight"], weights[_HIDDEN + "bias"]]
        own = [one for key, one in weights.items() if key.startswith(_FEATURES)]
        wanted = list(trunk.state_dict().values())
        beside = [] if len(wanted) == len(own) else hidden
        _fill(wanted, [*own, *beside], f"weights: {file} is not of a {name} of this width and depth")
        dense = ([] if beside else hidden) + [weights[_LAST + "weight"], weights[_LAST + "bias"]]
        _fill_head(packed, dense)

    return begin


def _read(file: Path) -> Mapping[str, torch.Tensor]:
    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
    # What torch raises where a file is none of its own depends on what the first bytes happen to mean.
    except (OSError, RuntimeError, EOFError, LookupError, ValueError, TypeError, pickle.UnpicklingError) as error:
        raise ValueError(f"weights: {file} holds no weights that torch can read") from error
    if not isinstance(weights, Mapping) or not {_HIDDEN + "weight", _LAST + "weight"} <= set(weights):
        raise ValueError(f"weights: {file} lacks '{_HIDDEN}weight'; wanted: the state of torchvision's MobileNetV3")
    return weights


def _fill(wanted: list[torch.Tensor], found: list[torch.Tensor], complaint: str) -> None:
    if [one.shape for one in wanted] != [one.shape for one in found]:
        raise ValueError(complaint)
    for own, other in zip(wanted, found, strict=True):
        own.copy_(other)


def _fill_head(packed: torch.Tensor, dense: list[torch.Tensor]) -> None:
    """Put weights [out, in] and biases in turn where a packed head has them; the last ones only where they fit."""
    first = 0
    for weight, bias in zip(dense[::2], dense[1::2], strict=True):
        values = torch.cat([weight.t().reshape(-1), bias])
        left = packed[0, first:]
        if weight is not dense[-2] or len(left) == len(values):
            left[: len(values)] = values
        first += len(values)
