"""A log of interactions: one user is one device, and what it clicks after the split is its stream.

The first part of each user's clicks, or of the log's time span, is the cloud's past. Of the clicks after it, each is a
decision that the device's model predicts: which of 100 items comes next, given the latest ten clicks. Items are those
that the past knows. Devices are users whom the past knows, those with most past clicks first, or such as it does not
know (``cold``); of a user without past clicks the first window is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cached_property

import numpy as np

from agents.contract import FleetSpec, InputError
from agents.contract.component import read_options
from agents.contract.errors import about_file
from agents.seeding import Purpose, rng
from agents.streams.base import BlockId, Chunk, Content, History, Past, Stream
from agents.tabular.once import read_once
from agents.tasks.facts import log_facts
from agents.tasks.recommendation.decisions import (
    MOST_CANDIDATES,
    SHOWN,
    Decisions,
    check_learnt,
    check_negatives,
    decide,
    narrowed,
    stack,
)
from agents.tasks.recommendation.log import Log, core_of_past, merged, part_of, rows_by_weight
from agents.tasks.recommendation.log_times import refuse_unclear_unit, rows_apart
from agents.tasks.recommendation.options import InteractionsOptions
from agents.tasks.recommendation.reading import LogReading, read_log
from agents.tasks.recommendation.supply import Clicks
from agents.tasks.recommendation.users import Users, in_past, split_in_time, trained_until, users_of

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
        read = _read(self.options)
        with about_file(self.options.path):
            whole = _before_evaluation(read, self.options) if self.options.streams == "validation" else read
            log, self.users = _split(whole, self.options)
            self.items = len(log.items)
            # A past that cannot be split is refused here, before anything is trained.
            cut = trained_until(self.users, VALIDATION)
            if self.users.weight is not None:
                self._check_weights(cut)
        self._negatives = None if isinstance(self.options.negatives, str) else self.options.negatives
        self.classes = self.items if self._negatives is None else 1 + self._negatives
        if self.classes > MOST_CANDIDATES:
            raise ValueError(f"negatives: a list of {self.classes} items is longer than {MOST_CANDIDATES}")
        self.input_shape = (self.options.window + self.classes,)
        self.net_options = {"items": self.items, "window": self.options.window}
        self._devices = _devices(spec, self.users, self.options.users)
        self._check_negatives()
        self.pool_size = int(self.users.later[self._devices].sum())
        facts = log_facts(whole, log, self.users)
        self.facts = {"path": str(self.options.path), **facts, "evaluated": len(read) - len(whole)}
        self.supply = self._clicks = Clicks(self.users, self._devices, spec, self.options.compression)

    def _check_negatives(self) -> None:
        """Refuse more negatives than a user leaves: now, and not when samples are drawn."""
        wanted = self._negatives or 0
        for user in self._devices.tolist() if wanted else ():
            check_negatives(len(np.unique(self.users.clicks(user))), self.items, wanted)
        for user in np.flatnonzero(self.users.warm).tolist():
            known = int(self.users.known[user])
            check_learnt(len(np.unique(self.users.clicks(user)[:known])), self.items)

    @cached_property
    def decisions(self) -> Decisions:
        """What each device decides among, click by click, device by device."""
        return stack([self._decide(int(user), _STREAM) for user in self._devices])

    @property
    def pool_labels(self) -> np.ndarray:
        """Which candidate is clicked, under the one concept there is: int16 [1, pool_size]."""
        return self.decisions.label[None]

    def history(self) -> History:
        """Return every past click of every user as a row to train on; the last tenth, by time, to validate.

        Where clicks have weights, rows are drawn by them: as many, each as often as its weight says.
        """
        cut = trained_until(self.users, VALIDATION)
        return History(self._past(_TRAIN, cut), self._past(_VALIDATE, cut))

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
        kept = list(self._kept(use, cut))
        parts = [_rows(self._decide(user, use, which, SHOWN - 1), user) for user, which in kept]
        x, label, whose = (np.concatenate(column) for column in zip(*parts, strict=True))
        if self.users.weight is not None:
            weight = np.concatenate([self.users.weights(user)[which] for user, which in kept])
            rows = rows_by_weight(weight, rng(self.seed, Purpose.HISTORY, use))
            x, label, whose = x[rows], label[rows], whose[rows]
        return Past.of(x, label, whose, _places(whose))

    def _kept(self, use: int, cut: np.ndarray) -> Iterator[tuple[int, slice]]:
        """Yield the users of the past, and which of their clicks are to learn from, or to validate on."""
        for user in np.flatnonzero(self.users.warm).tolist():
            upto, known = int(cut[user]), int(self.users.known[user])
            which = slice(max(0, upto - self.options.latest), upto) if use == _TRAIN else slice(upto, known)
            if which.stop > which.start:
                yield user, which

    def _check_weights(self, cut: np.ndarray) -> None:
        """Refuse weights of which nothing could be learnt: now, and not when the base is trained."""
        for use, what in ((_TRAIN, "learn from"), (_VALIDATE, "validate on")):
            if not any(self.users.weights(user)[which].any() for user, which in self._kept(use, cut)):
                raise ValueError(f"weight: all are 0 in the part of the past to {what}")


def _rows(decisions: Decisions, user: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what a past is made of: x, label, and whose they are."""
    x = np.concatenate([decisions.window, decisions.candidates], 1).astype(np.int64)
    return x, decisions.label, np.full(len(x), user)


def _places(whose: np.ndarray) -> np.ndarray:
    """Return for each row the how many-th of its user it is; the rows of a user are together: int64 [rows]."""
    begins = np.flatnonzero(np.diff(whose, prepend=-1))
    return np.arange(len(whose)) - np.repeat(begins, np.diff(np.append(begins, len(whose))))


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
    return log if options.duplicates == "keep" else merged(log, count=options.duplicates == "count")


def _before_evaluation(log: Log, options: InteractionsOptions) -> Log:
    """Return what the cloud knows when the streams that are evaluated begin."""
    return part_of(log, in_past(log, options.split, options.history))


def _split(whole: Log, options: InteractionsOptions) -> tuple[Log, Users]:
    """Return the clicks of items that the past knows, and their users."""
    past = in_past(whole, options.split, options.history)
    warm, known = core_of_past(whole, past, options.core)
    kept = known[whole.item]
    log = part_of(whole, kept)
    still = np.isin(np.arange(len(whole.users)), whole.user[kept])
    split_s = split_in_time(whole, options.history).split_s if options.split == "time" else None
    return log, users_of(log, past[kept], warm[still], split_s)


def _devices(spec: FleetSpec, users: Users, which: str) -> np.ndarray:
    """Return the user of each device of the fleet, in device order."""
    there = users.in_order(which)
    if spec.devices > len(there):
        whom = "" if which == "all" else f"{which} "
        said = f"has {spec.devices} devices, but only {len(there)} {whom}users click after the split"
        raise InputError("fleet", f"{said}; write fewer, or 'users: all'" if whom else said)
    if spec.devices == 0:
        raise InputError("fleet", "has no device that could be a user")
    return there[: spec.devices]
