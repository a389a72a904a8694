"""The cloud half of a method: payloads in, updates out, in the order of service."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from agents.codecs import roundtrip
from agents.contract import Adapt
from agents.methods.base import CloudState, Method, Payload, Updates


class CloudHalf:
    """Keeps payloads until they are served and updates until they are installed."""

    def __init__(self, method: Method, state: CloudState) -> None:
        self._method = method
        self.state = state
        self._payloads: dict[int, Payload] = {}
        self._updates: dict[int, Updates] = {}

    def receive(self, tickets: Sequence[int], payloads: Payload) -> None:
        """Take in the payloads of some tickets, stacked in their order."""
        _file(self._payloads, tickets, payloads)

    def adapt(self, adapts: Sequence[Adapt]) -> None:
        """Turn payloads into updates, in service order."""
        tickets = [ticket for order in adapts for ticket in order.tickets]
        if tickets:
            payloads = _stacked([self._payloads.pop(ticket) for ticket in tickets])
            self.state, updates = self._method.adapt(self.state, payloads)
            method = self._method
            _file(self._updates, tickets, roundtrip(method.codec, method.update_fields, updates))

    def hand_out(self, tickets: Sequence[int]) -> Updates:
        """Give away the updates of some tickets, stacked in their order."""
        return _stacked([self._updates.pop(ticket) for ticket in tickets])

    def forget(self, ticket: int) -> None:
        """Drop whatever is kept of an exchange that came to nothing."""
        self._payloads.pop(ticket, None)
        self._updates.pop(ticket, None)


def _file(
    shelf: dict[int, dict[str, torch.Tensor]], tickets: Sequence[int], stacked: dict[str, torch.Tensor]
) -> None:
    columns = {name: values.unbind(0) for name, values in stacked.items()}
    for row, ticket in enumerate(tickets):
        shelf[ticket] = {name: values[row] for name, values in columns.items()}


def _stacked(rows: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
