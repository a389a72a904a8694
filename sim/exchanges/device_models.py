"""The models of devices beside their requests: local learning and expiry."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.kernel.records import SUPERSEDED, Exchange


@dataclass
class Learner:
    """A device that is learning, and the request that it makes when it is done, if any."""

    exchange: Exchange
    request: Exchange | None = None


@dataclass
class Learners:
    """The devices that are learning.

    Attributes:
        requests_wait: whether a busy device asks the cloud only when it is done; else at once, with what it has.
        busy: the learners by device.
    """

    requests_wait: bool = True
    busy: dict[int, Learner] = field(default_factory=dict)

    def holding(self, device: int) -> Learner | None:
        """Return the learner that a request of a device has to wait for, if it has."""
        return self.busy.get(device) if self.requests_wait else None

    def overtaken(self, device: int) -> None:
        """Note that an update of the cloud has taken effect: what the device is learning starts from an old model."""
        if (learner := self.busy.get(device)) is not None:
            learner.exchange.outcome = SUPERSEDED


@dataclass
class Expiry:
    """How long an update stays in force if none follows [s]; None: for good."""

    after_s: float | None = None
    _changes: dict[int, int] = field(default_factory=dict)

    def renew(self, device: int) -> int:
        """Note that the model of a device has changed; return how often it has by now."""
        changes = self._changes[device] = self._changes.get(device, 0) + 1
        return changes

    def is_latest(self, device: int, change: int) -> bool:
        """Return whether the model of a device has not changed since."""
        return self._changes[device] == change
