"""A log of interactions: one user is one device, and what it clicks after the split is its stream.

The first part of the log's time span is the cloud's past. Of the clicks after it, each is a decision that the device's
model predicts: which of 100 items comes next, given the latest ten clicks. Devices are the users with most such
clicks, in device order; a user whom the past does not know starts with an empty window.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch

from agents.contract import FleetSpec, InputError
from agents.contract.component import read_options
from agents.tasks.base import Cell, Content, History, Past, Place, Stream
from agents.tasks.file_options import InteractionsOptions
from agents.tasks.recommendation.decisions import MOST_CANDIDATES, SHOWN, Decisions, decide, narrowed, stack
from agents.tasks.recommendation.log import core
from agents.tasks.recommendation.reading import read_log
from agents.tasks.recommendation.supply import Clicks
from agents.tasks.recommendation.users import Users, split_in_time, validation_split_s

#: The last share of the past's clicks, by time, is for validation.
VALIDATION = 0.1
#: What a user's clicks are used for: each has negatives of its own.
_STREAM, _TRAIN, _VALIDATE = 0, 1, 2


class Interactions(Stream):
    """See :class:`InteractionsOptions`."""

    concepts = ("original",)

    def __init__(self, spec: FleetSpec) -> None:
        if spec.drift:
            raise InputError("drift", "a log is replayed as it was; only what it holds drifts")
        self.options: InteractionsOptions = read_options(InteractionsOptions, spec.data_options, "task interactions")
        self.seed = spec.seed
        log = read_log(self.options.path, self.options.separator, asdict(self.options.columns))
        log = core(log, self.options.core)
        self.items, self.users = len(log.items), split_in_time(log, self.options.history)
        self._negatives = None if isinstance(self.options.negatives, str) else self.options.negatives
        self.classes = self.items if self._negatives is None else 1 + self._negatives
        if self.classes > MOST_CANDIDATES:
            raise ValueError(f"negatives: a list of {self.classes} items is longer than {MOST_CANDIDATES}")
        self.input_shape = (self.options.window + self.classes,)
        self.net_options = {"items": self.items, "window": self.options.window}
        self._devices = _devices(spec, self.users)
        self.decisions = stack([self._decide(int(user), _STREAM) for user in self._devices])
        self.pool_size, self.pool_labels = len(self.decisions), self.decisions.label[None]
        self.supply = self._clicks = Clicks(self.users, self._devices, spec, self.options.compression)

    def history(self) -> History:
        """Return every past click of every user as a row to train on; the last tenth, by time, to validate."""
        cut_s = validation_split_s(self.users, VALIDATION)
        return History(self._past(_TRAIN, self.users.until(cut_s)), self._past(_VALIDATE, self.users.until(cut_s)))

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the streams themselves: nobody knows what follows the past, so the oracle is one of hindsight."""
        return self.history().validation if split == "validation" else _rows(narrowed(self.decisions), 0)

    def draw(self, cell: Cell, rng: np.random.Generator) -> Content:
        """Fill one cell: the n-th sample of a device is its user's n-th click after the split."""
        assert cell.ordinal is not None
        ref = np.where(cell.valid, self._clicks.first(cell.place)[:, None] + cell.ordinal, 0)
        label = np.where(cell.valid, self.decisions.label[ref], 0).astype(np.int16)
        return Content(ref, label, np.zeros(ref.shape, np.int16))

    def changes(self, place: Place) -> list[np.ndarray]:
        """Return nothing: a log tells no moment at which its world changed."""
        return [np.empty(0) for _ in range(place.width)]

    def _decide(self, user: int, use: int, which: slice | None = None, negatives: int | None = None) -> Decisions:
        clicks = self.users.clicks(user)
        which = slice(int(self.users.known[user]), len(clicks)) if which is None else which
        others = self._negatives if negatives is None else negatives
        return decide(clicks, which, self.items, self.options.window, others, self.seed, (user, use))

    def _past(self, use: int, cut: np.ndarray) -> Past:
        parts = []
        for user, (upto, known) in enumerate(zip(cut.tolist(), self.users.known.tolist(), strict=True)):
            which = slice(max(0, upto - self.options.latest), upto) if use == _TRAIN else slice(upto, known)
            if which.stop > which.start:
                parts.append(_rows(self._decide(user, use, which, SHOWN - 1), user))
        x, label, whose = (torch.cat([getattr(part, name) for part in parts]) for name in ("x", "label", "concept"))
        return Past(x, label, whose, torch.cat([torch.arange(len(part.x)) for part in parts]))


def _rows(decisions: Decisions, user: int) -> Past:
    x = torch.from_numpy(np.concatenate([decisions.window, decisions.candidates], 1).astype(np.int64))
    label = torch.from_numpy(decisions.label.astype(np.int64))
    return Past(x, label, torch.full_like(label, user))


def _devices(spec: FleetSpec, users: Users) -> np.ndarray:
    """Return the user of each device of the fleet, in device order."""
    there = users.busiest()
    if spec.devices > len(there):
        raise InputError("fleet", f"has {spec.devices} devices, but only {len(there)} users click after the split")
    if spec.devices == 0:
        raise InputError("fleet", "has no device that could be a user")
    return there[: spec.devices]
