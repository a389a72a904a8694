"""What the cloud remembers of each device that has asked: rows of tensors, by number of the device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from agents.methods.base import CloudState

#: Names of what is remembered begin so.
_PREFIX = "device."
_NUMBER = _PREFIX + "number"


class DevicesKnown:
    """Rows that the cloud keeps of devices; works on copies, and gives them back.

    ``fresh`` are the rows of a device that has never asked, by name: [1, ...] each.
    """

    def __init__(self, cloud: CloudState, fresh: Mapping[str, torch.Tensor]) -> None:
        self._fresh, self._number = fresh, cloud[_NUMBER]
        self._rows = {name: cloud[_PREFIX + name].clone() for name in fresh}

    @staticmethod
    def none(fresh: Mapping[str, torch.Tensor]) -> CloudState:
        """Return the state of a cloud that no device has asked."""
        rows = {_PREFIX + name: values[:0] for name, values in fresh.items()}
        return {_NUMBER: torch.zeros(0, dtype=torch.int64), **rows}

    def of(self, devices: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the rows of ``devices``, int64 [tickets]."""
        self._take_in(devices)
        places = torch.searchsorted(self._number, devices)
        return {name: values[places] for name, values in self._rows.items()}

    def put(self, devices: torch.Tensor, rows: Mapping[str, torch.Tensor]) -> None:
        """Give ``devices``, each once, new rows."""
        places = torch.searchsorted(self._number, devices)
        for name, values in rows.items():
            self._rows[name][places] = values

    def cloud(self) -> CloudState:
        """Return what is remembered now."""
        return {_NUMBER: self._number, **{_PREFIX + name: values for name, values in self._rows.items()}}

    def _take_in(self, devices: torch.Tensor) -> None:
        new = devices.unique()
        new = new[~torch.isin(new, self._number)]
        if not len(new):
            return
        order = torch.cat([self._number, new]).argsort()
        self._number = torch.cat([self._number, new])[order]
        for name, values in self._rows.items():
            begun = self._fresh[name].to(values.device).expand(len(new), *values.shape[1:])
            self._rows[name] = torch.cat([values, begun])[order]


def remembered_row_bytes(cloud: CloudState) -> int:
    """Return the bytes that a cloud comes to remember of each device that asks."""
    rows = (values for name, values in cloud.items() if name.startswith(_PREFIX))
    return sum(values[0].numel() * values.element_size() if len(values) else _row_bytes(values) for values in rows)


def _row_bytes(values: torch.Tensor) -> int:
    return values.new_empty(1, *values.shape[1:], device="meta").numel() * values.element_size()


def turns(devices: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yield rows in parts in which no device comes twice; of each device in the order in which its rows come."""
    order = torch.argsort(devices, stable=True)
    place = torch.arange(len(devices), device=devices.device)
    new = torch.ones_like(place, dtype=torch.bool)
    new[1:] = devices[order][1:] != devices[order][:-1]
    turn = place - torch.where(new, place, 0).cummax(0).values
    for number in range(int(turn.max()) + 1 if len(turn) else 0):
        yield order[turn == number].sort().values
