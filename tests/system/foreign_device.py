"""A device that is not the processor, for machines without one: its tensors are computed here, and mix with no others.

It stands in for a GPU where the question is whether every tensor is where it must be. Tensors on it refuse what would
fail on a GPU: to meet a tensor of the processor in one operation (unless that is a number without dimensions, or one is
copied into the other), to be an index of one or be indexed by one, and to be looked at as an array. What goes there
or comes back is a copy, as it is on a GPU. All else is computed as on the processor, to the bit; or, where it
``rounds`` in its own way, sums and products are made with more digits, and differ in the last of those that are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map_only

from agents import kernels

#: A device that this torch knows by name and has nothing to compute on.
NAME = "ipu:0"
DEVICE = torch.device(NAME)

_Named = dict[str, Any]


class MixedDevicesError(RuntimeError):
    """Tensors of two devices met in one operation."""


class Foreign(torch.Tensor):
    """A tensor that says it lies on :data:`DEVICE`; ``inner`` is what it holds."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Foreign:
        made: Foreign = torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), strides=inner.stride(), dtype=inner.dtype, device=DEVICE
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise MixedDevicesError(f"{func} went past the device")


class ForeignDevice(TorchFunctionMode):
    """The device, there as long as the mode is on.

    ``operations`` counts what was computed with its tensors; ``batches`` are shapes of what stacked heads were given.
    """

    def __init__(self, *, rounds: bool) -> None:
        super().__init__()
        self.operations, self._rounds = 0, rounds
        self.batches: set[tuple[int, ...]] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: _Named | None = None) -> Any:
        kwargs = kwargs or {}
        if func in _MOVES:
            return _MOVES[func](*args, **kwargs)
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        there = {id(one.inner): one for one in tensors if isinstance(one, Foreign)}
        made_there = kwargs.get("device") is not None and torch.device(kwargs["device"]) == DEVICE
        if func in _REPORTED or not (there or made_there):
            return func(*args, **kwargs)
        if func not in _COPIES:
            _refuse_mixing(func, tensors)
        self.operations += 1
        if func is torch.baddbmm and min(args[1].shape[:2]) > 1:
            self.batches.add(tuple(args[1].shape[:2]))
        within = {**kwargs, "device": "cpu"} if made_there else kwargs
        inner_args, inner_kwargs = tree_map_only(Foreign, lambda one: one.inner, (args, within))
        precise = self._rounds and func in _SUMS
        alike = func if self._rounds else _KERNELS.get(func, func)
        out = (_precise if precise else _plain)(alike, inner_args, inner_kwargs)
        # What changes a tensor in place gives the very same one back.
        return tree_map_only(torch.Tensor, lambda one: there[id(one)] if id(one) in there else Foreign(one), out)


def _plain(func: Any, args: Any, kwargs: _Named) -> Any:
    return func(*args, **kwargs)


def _precise(func: Any, args: Any, kwargs: _Named) -> Any:
    """Compute with 53 binary digits what has 24 before and after."""
    singles = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
    if any(one.dtype != torch.float32 for one in singles):
        return func(*args, **kwargs)
    args, kwargs = tree_map_only(torch.Tensor, torch.Tensor.double, (args, kwargs))
    return tree_map_only(torch.Tensor, torch.Tensor.float, func(*args, **kwargs))


def _refuse_mixing(func: Any, tensors: list[torch.Tensor]) -> None:
    foreign = any(isinstance(one, Foreign) for one in tensors)
    others = [one for one in tensors if not isinstance(one, Foreign) and one.dim()]
    if foreign and others:
        raise MixedDevicesError(f"{func} on {NAME} and cpu: {[tuple(one.shape) for one in tensors]}")


def _to(tensor: torch.Tensor, *wanted: Any, **options: Any) -> torch.Tensor:
    """Do as ``Tensor.to`` does, from and to either device."""
    if wanted and isinstance(wanted[0], torch.Tensor):
        wanted = (wanted[0].device, wanted[0].dtype)
    device, dtype, _, _ = torch._C._nn._parse_to(*wanted, **options)
    there = tensor.device == DEVICE
    inner = tensor.inner if isinstance(tensor, Foreign) else tensor
    goes_there = there if device is None else device == DEVICE
    cast = inner.to(inner.dtype if dtype is None else dtype)
    if goes_there == there:
        return tensor if cast is inner else Foreign(cast) if there else cast
    copied = cast.clone() if cast is inner else cast
    return Foreign(copied) if goes_there else copied


def _numpy(tensor: torch.Tensor, **options: Any) -> Any:
    if isinstance(tensor, Foreign):
        raise MixedDevicesError(f"a tensor on {NAME} is no array; copy it to the processor first")
    return tensor.numpy(**options)


_MOVES = {
    torch.Tensor.to: _to,
    torch.Tensor.cpu: lambda tensor: _to(tensor, "cpu"),
    torch.Tensor.numpy: _numpy,
    torch.Tensor.__array__: _numpy,
}
#: What a tensor tells of itself, not of what it holds.
_REPORTED = (torch.Tensor.device.__get__, torch._has_compatible_shallow_copy_type)
_COPIES = (torch.Tensor.copy_,)
#: What the processor computes with kernels of ours.
_KERNELS = {
    torch.baddbmm: lambda b, x, w: kernels.affine(x, w, b),
    torch.tanh: kernels.tanh,
    torch.sqrt: kernels.sqrt,
    torch.sigmoid: kernels.sigmoid,
    torch.softmax: lambda x, axis: kernels.softmax(x.movedim(axis, -1)).movedim(-1, axis),
    functional.softplus: kernels.softplus,
}
_SUMS = (
    torch.baddbmm,
    torch.bmm,
    torch.Tensor.matmul,
    torch.Tensor.__matmul__,
    torch.Tensor.sum,
    torch.softmax,
    torch.tanh,
    functional.linear,
    functional.softplus,
)


@contextmanager
def foreign_device(*, rounds: bool = False) -> Iterator[ForeignDevice]:
    """Let :data:`DEVICE` be there within the block."""
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with ForeignDevice(rounds=rounds) as device:
            yield device
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)
