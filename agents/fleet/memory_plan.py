"""What a fleet will keep in memory, counted from shapes before the run: more than the limit is refused with the number.

Counted are the rows that devices have of their own once they have learnt or installed something, what codecs remember
at both ends, and all that the cloud holds: large teachers, and what it remembers of each device if all of them ask.
Not counted are samples, messages under way and what training before t = 0 needs for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import ceil
from typing import NamedTuple

import numpy as np
import torch

from agents.codecs.base import fresh
from agents.codecs.message import KEPT, Field
from agents.fleet.device_state import same_row
from agents.fleet.memory_limit import limit_bytes, require_fits
from agents.methods.base import CloudState, DeviceState, Method, Recent, Who
from agents.methods.devices_known import remembered_row_bytes
from agents.methods.old_forms import state_and_payload

#: What can be done about rows of devices.
_FEWER = "use fewer devices, or a method or net that keeps less of each"


class Kept(NamedTuple):
    """Bytes that one device keeps, and those that are there once, in the process that holds most."""

    each: int
    once: int = 0

    def of(self, devices: int) -> int:
        """Return the bytes for so many devices."""
        return self.each * devices + self.once


def require_messages(method: Method, devices: int, workers: int, limit: float | None) -> None:
    """Check, before anything is trained, that what messages leave behind on devices fits.

    Raises:
        BackendError: it does not; the message says what it would take.
    """
    here = ceil(devices / max(workers, 1))
    kept = Kept(_memories(method) + _brought(method.update_fields))
    what = f"what {method.name} and its codecs leave on {here:,} devices ({kept.each / 1e6:.3g} MB each)"
    require_fits(kept.of(here), what, _FEWER, limit)


def require_states(
    method: Method,
    cloud: CloudState,
    devices: int,
    workers: int,
    limit: float | None,
    changed: Callable[[], Collection[str]],
) -> None:
    """Check, before t = 0, that all that devices and the cloud will keep fits; ``changed`` names what rows differ in.

    It is asked only where all of the state would not fit: methods may hold much that no device ever changes.

    Raises:
        BackendError: it does not fit; the message says what it would take.
    """
    here = ceil(devices / max(workers, 1))
    held = sum(values.nbytes for values in cloud.values())
    what = f"what the cloud of {method.name} holds and remembers of {devices:,} devices"
    least = Kept(remembered_row_bytes(cloud), held)
    require_fits(least.of(devices), what, "use fewer devices, or a smaller teacher or memory", limit)
    state = {} if method.shared_rows else method.start(cloud, 1)
    memories = _memories(method)
    if _fits(Kept(memories + _bytes_of(state, state)), here, limit):
        return
    kept = Kept(memories + _bytes_of(state, changed()))
    what = f"the state that {method.name} keeps of {here:,} devices ({kept.each / 1e6:.3g} MB each)"
    require_fits(kept.of(here), what, _FEWER, limit)


def changed_names(method: Method, cloud: CloudState, recent: Recent, *, learns: bool, rounds: bool) -> set[str]:
    """Return the tensors in which devices come to differ: one device learns, asks and installs once, and is forgotten.

    ``recent`` is one window of the past.
    """
    start = method.start(cloud, 1)
    seen: list[DeviceState] = [start]
    if learns or rounds:
        seen.append(method.learn(start, recent)[0])
    after, payload = state_and_payload(method.name, method.collect({**start, **seen[-1]}, recent))
    seen.append(after)
    one = torch.zeros(1, dtype=torch.int64)
    who = Who(one, one, torch.zeros(1, dtype=torch.float64), one)
    copied = {name: values if name.startswith("frozen.") else values.clone() for name, values in cloud.items()}
    updates = method.broadcast(copied, who) if rounds else method.adapt(copied, payload, who)[1]
    if updates or not method.update_fields:
        seen.append(method.install({**start, **after}, updates))
    return {name for state in seen for name, values in state.items() if not same_row(values, start[name])}


def _bytes_of(state: DeviceState, names: Iterable[str]) -> int:
    """Return the bytes of a row of some tensors; [1, ...] each."""
    return sum(state[name][:1].numel() * state[name].element_size() for name in names if name in state)


def _memories(method: Method) -> int:
    """Return the bytes that codecs remember for each device: payloads as they count and as sent, and updates."""
    up = fresh(method.payload_codec, method.payload_fields, "sender", 1)
    down = fresh(method.update_codec, method.update_fields, "receiver", 1)
    return 2 * _bytes_of(up, up) + _bytes_of(down, down)


def _brought(fields: Iterable[Field]) -> int:
    """Return the bytes of what an update brings, once it is read: a device keeps that."""
    return sum(field.numel * (np.dtype(KEPT[field.dtype]).itemsize if field.dtype in KEPT else 4) for field in fields)


def _fits(kept: Kept, devices: int, limit: float | None) -> bool:
    return kept.of(devices) <= limit_bytes(limit)
