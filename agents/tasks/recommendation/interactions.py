"""A log of interactions: one user is one device, and what it clicks after the split is its stream.

The first part of the log's time span is the cloud's past. Of the clicks after it, each is a decision that the device's
model predicts: which of 100 items comes next, given the latest ten clicks. Devices are the users with most such
clicks, in device order; a user whom the past does not know starts with an empty window.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cached_property

import numpy as np

from agents.contract import FleetSpec, InputError
from agents.contract.component import read_options
from agents.contract.errors import about_file
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream
from agents.tabular.once import read_once
from agents.tasks.facts import log_facts
from agents.tasks.file_options import InteractionsOptions
from agents.tasks.recommendation.decisions import (
    MOST_CANDIDATES,
    SHOWN,
    Decisions,
    check_negatives,
    decide,
    narrowed,
    stack,
)
from agents.tasks.recommendation.log import Log, core
from agents.tasks.recommendation.log_times import refuse_unclear_unit, rows_apart
from agents.tasks.recommendation.reading import LogReading, read_log
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
        whole = _read(self.options)
        with about_file(self.options.path):
            log = core(whole, self.options.core)
            self.items, self.users = len(log.items), split_in_time(log, self.options.history)
            # A past that cannot be split is refused here, before anything is trained.
            validation_split_s(self.users, VALIDATION)
        self._negatives = None if isinstance(self.options.negatives, str) else self.options.negatives
        self.classes = self.items if self._negatives is None else 1 + self._negatives
        if self.classes > MOST_CANDIDATES:
            raise ValueError(f"negatives: a list of {self.classes} items is longer than {MOST_CANDIDATES}")
        self.input_shape = (self.options.window + self.classes,)
        self.net_options = {"items": self.items, "window": self.options.window}
        self._devices = _devices(spec, self.users)
        self._check_negatives()
        self.pool_size = int(self.users.later[self._devices].sum())
        self.facts = {"path": str(self.options.path), **log_facts(whole, log, self.users)}
        self.supply = self._clicks = Clicks(self.users, self._devices, spec, self.options.compression)

    def _check_negatives(self) -> None:
        """Refuse more negatives than a user leaves: now, and not when samples are drawn."""
        wanted = self._negatives or 0
        for user in self._devices.tolist() if wanted else ():
            check_negatives(len(np.unique(self.users.clicks(user))), self.items, wanted)
        for user, known in enumerate(self.users.known.tolist()):
            check_negatives(len(np.unique(self.users.clicks(user)[:known])), self.items, SHOWN - 1)

    @cached_property
    def decisions(self) -> Decisions:
        """What each device decides among, click by click, device by device."""
        return stack([self._decide(int(user), _STREAM) for user in self._devices])

    @property
    def pool_labels(self) -> np.ndarray:
        """Which candidate is clicked, under the one concept there is: int16 [1, pool_size]."""
        return self.decisions.label[None]

    def history(self) -> History:
        """Return every past click of every user as a row to train on; the last tenth, by time, to validate."""
        cut_s = validation_split_s(self.users, VALIDATION)
        return History(self._past(_TRAIN, self.users.until(cut_s)), self._past(_VALIDATE, self.users.until(cut_s)))

    def past_under(self, concept: int, split: str = "train") -> Past:
        """Return the streams themselves: the law after the past is unknown, so the oracle is one of hindsight."""
        return self.history().validation if split == "validation" else Past.of(*_rows(narrowed(self.decisions), 0))

    def draw(self, chunk: Chunk, rng: np.random.Generator) -> Content:
        """Fill one cell: the n-th sample of a device is its user's n-th click after the split."""
        assert chunk.ordinal is not None
        ref = np.where(chunk.valid, self._clicks.first(chunk.block)[:, None] + chunk.ordinal, 0)
        label = np.where(chunk.valid, self.decisions.label[ref], 0).astype(np.int16)
        return Content(ref, label, np.zeros(ref.shape, np.int16))

    def changes(self, block: BlockId) -> list[np.ndarray]:
        """Return no times: a log does not record when its distribution changed."""
        return [np.empty(0) for _ in range(block.width)]

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
        x, label, whose = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Past.of(x, label, whose, np.concatenate([np.arange(len(part[0])) for part in parts]))


def _rows(decisions: Decisions, user: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what a past is made of: x, label, and whose they are."""
    x = np.concatenate([decisions.window, decisions.candidates], 1).astype(np.int64)
    return x, decisions.label, np.full(len(x), user)


def _read(options: InteractionsOptions) -> Log:
    columns = {part: where for part, where in asdict(options.columns).items() if where is not None}
    how = LogReading(options.separator, columns, options.header, options.skip, options.time_format, options.time_unit)
    key = ("log", tuple(sorted(columns.items())), *asdict(replace(how, columns={})).items())
    log = read_once(options.path, str(key), lambda: read_log(options.path, how))
    with about_file(options.path):
        if apart := rows_apart(log.time_s):
            raise ValueError(apart)
        if options.compression is not None and options.time_unit is None:
            refuse_unclear_unit(log.time_s)
    return log


def _devices(spec: FleetSpec, users: Users) -> np.ndarray:
    """Return the user of each device of the fleet, in device order."""
    there = users.busiest()
    if spec.devices > len(there):
        raise InputError("fleet", f"has {spec.devices} devices, but only {len(there)} users click after the split")
    if spec.devices == 0:
        raise InputError("fleet", "has no device that could be a user")
    return there[: spec.devices]
