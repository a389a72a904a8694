"""Which model each device answers with, as far as a surrogate knows it: when and in which concept it was made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.contract import Phase, Snapshot
from agents.evaluation.regret_phases import PayloadCutoffs
from agents.orders import Kind, Orders
from agents.surrogate.concepts_in_force import ConceptsInForce, Pieces

#: What changes which model a device has.
_CHANGES = (Kind.INSTALL, Kind.EXPIRE)


@dataclass(frozen=True)
class Change:
    """Devices, each once, that have another model from a time on; 0 made: the base."""

    device: np.ndarray
    at_s: np.ndarray
    made_s: np.ndarray


class Versions:
    """The version of each device, and what is known of the payloads under way.

    Attributes:
        made_s: when the data of each device's model were collected [s]; 0 for the base.
        then: the concept at that time.
        fresh_s: how long that concept had been in force then.
        phase: what each device is waiting for; changes take effect with the interval in which they come.
    """

    def __init__(self, devices: int, truth: ConceptsInForce) -> None:
        self._truth, self._payloads = truth, PayloadCutoffs()
        self.made_s, self.fresh_s = np.zeros(devices), np.zeros(devices)
        self.then, self.phase = np.zeros(devices, np.int16), np.zeros(devices, np.int8)
        self._changed_s = np.zeros(devices)

    def collect(self, orders: Orders) -> None:
        """Remember when payloads were collected."""
        self._payloads.note(orders.ticket, orders.device, np.repeat(orders.at_s[:, None], 3, axis=1))

    def forget(self, orders: Orders) -> None:
        """Forget the payloads of exchanges that came to nothing."""
        self._payloads.forget(orders.ticket)

    def changes(self, orders: Orders) -> list[Change]:
        """Return the changes among orders: in the first each device's first, in the second its second, and so on."""
        mine = orders.only(*_CHANGES)
        made_s = np.where(mine.kind == Kind.INSTALL, self._payloads.of(mine.ticket)[:, 2], 0.0)
        self._payloads.forget(mine.ticket)
        order = mine.device.argsort(kind="stable")
        device = mine.device[order]
        new = np.ones(len(device), bool)
        new[1:] = device[1:] != device[:-1]
        number = np.arange(len(device)) - np.maximum.accumulate(np.where(new, np.arange(len(device)), 0))
        rounds = range(int(number.max(initial=-1)) + 1)
        return [_change(mine, made_s, order[number == one]) for one in rounds]

    def apply(self, change: Change) -> None:
        """Give devices their new models."""
        then, since_s = self._truth.at(change.device, np.maximum(change.made_s, np.nextafter(0.0, 1.0)))
        self.made_s[change.device], self.then[change.device] = change.made_s, then
        self.fresh_s[change.device] = change.made_s - since_s

    def enter(self, orders: Orders, until_s: float) -> None:
        """Let exchanges that carry data of the present concept move their devices on to their phases."""
        last = orders.entering
        _, since_s = self._truth.at(np.arange(len(self.phase)), np.full(len(self.phase), until_s))
        turned = since_s > self._changed_s
        self.phase[turned], self._changed_s[turned] = Phase.UNDETECTED, since_s[turned]
        cutoff_s = np.where(last.phase == Phase.RESIDUAL, last.at_s, self._payloads.of(last.ticket)[:, 2])
        cutoff_s = np.where(np.isfinite(cutoff_s), cutoff_s, last.at_s)
        counts = (cutoff_s > self._changed_s[last.device]) & (self.phase[last.device] != Phase.RESIDUAL)
        # Of one device the last stands.
        self.phase[last.device[counts]] = last.phase[counts]

    def checkpoint(self) -> Snapshot:
        """Return all of it as plain arrays."""
        names = ("made_s", "fresh_s", "then", "phase", "_changed_s")
        own = {name.strip("_"): getattr(self, name).copy() for name in names}
        return own | {
            f"payloads_{name}": one for name, one in self._payloads.checkpoint(slice(0, len(self.phase))).items()
        }

    def restore(self, snapshot: Snapshot) -> None:
        """Go to where :meth:`checkpoint` was called."""
        self.made_s, self.fresh_s = snapshot["made_s"].copy(), snapshot["fresh_s"].copy()
        self.then, self.phase = snapshot["then"].copy(), snapshot["phase"].copy()
        self._changed_s, self._payloads = snapshot["changed_s"].copy(), PayloadCutoffs()
        self._payloads.note(*(snapshot[f"payloads_{name}"] for name in ("tickets", "rows", "times_s")))


def _change(orders: Orders, made_s: np.ndarray, rows: np.ndarray) -> Change:
    return Change(orders.device[rows], orders.at_s[rows], made_s[rows])


def cut(pieces: Pieces, changes: list[Change], devices: int) -> tuple[Pieces, list[Pieces]]:
    """Cut stretches where their devices get other models: return those before the first change, and those after each.

    What lies behind a change ends at the next one of its device.
    """
    parts, left = [], pieces
    for change in changes:
        at_s = np.full(devices, np.inf)
        at_s[change.device] = change.at_s
        own_s = at_s[left.device]
        parts.append(_kept(left._replace(until_s=np.minimum(left.until_s, own_s))))
        left = _kept(left._replace(from_s=np.maximum(left.from_s, own_s)))
    return (parts[0], [*parts[1:], left]) if parts else (left, [])


def _kept(pieces: Pieces) -> Pieces:
    return pieces.take(np.flatnonzero(pieces.until_s > pieces.from_s))
