"""Concept intervals of a device: the ground truth of a schedule, computed without drawing a sample.

Time is cut wherever an entry may assign another concept. Within a cut each concept is in force for a share of the
samples that is constant, or follows a gradual change; every row of the ground truth is one concept in one such cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from agents.contract import in_force
from agents.drift.transitions import AffectedSamples, Transition
from agents.streams.base import BlockId

#: Stretches that are computed together: bounds memory where moments are many.
_AT_ONCE = 1 << 19
#: Sums of shares closer than this are the same: they differ by rounding.
_SAME = 1e-9


@dataclass(frozen=True)
class ConceptIntervals:
    """Rows of the truth about the devices of a block, by device and time; all arrays [rows].

    Attributes:
        row: which device of the block.
        from_s, until_s: the concept is in force in (from, until].
        concept: which one.
        share_from, share_until: share of the device's samples that follow it, at the beginning and at the end.
    """

    row: np.ndarray
    from_s: np.ndarray
    until_s: np.ndarray
    concept: np.ndarray
    share_from: np.ndarray
    share_until: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> ConceptIntervals:
        return ConceptIntervals(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass(frozen=True)
class _Partition:
    """Stretches of time between two cuts, device by device; all arrays [stretches].

    ``counts`` says whether a change may count where the stretch begins.
    """

    row: np.ndarray
    from_s: np.ndarray
    until_s: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class _Branch:
    """The concepts that samples of every stretch may follow, each with its share of the samples."""

    concept: np.ndarray
    share_from: np.ndarray
    share_until: np.ndarray

    @property
    def empty(self) -> bool:
        return not (self.share_from.any() or self.share_until.any())


def concept_intervals_of(
    block: BlockId, transitions: Sequence[Transition], starts_s: np.ndarray, end_s: float
) -> ConceptIntervals:
    """Return the truth about a block; ``starts_s`` [devices, lines] is infinite where an entry never starts."""
    first, result = _histories(transitions, starts_s)
    intervals = [
        _merged(_intervals(block, partition, transitions, starts_s))
        for partition in _in_parts(transitions, starts_s, end_s, first)
    ]
    whole = ConceptIntervals(
        *(np.concatenate([getattr(part, one.name) for part in intervals]) for one in fields(ConceptIntervals))
    )
    edges = np.searchsorted(whole.row, [*first, len(starts_s)])
    lengths = np.diff(edges)[result]
    before = lengths.cumsum() - lengths
    rows = np.arange(lengths.sum()) + np.repeat(edges[:-1][result] - before, lengths)
    return replace(whole[rows], row=np.repeat(np.arange(len(starts_s)), lengths))


def changes_of(
    block: BlockId, transitions: Sequence[Transition], starts_s: np.ndarray, end_s: float
) -> list[np.ndarray]:
    """Return for each device the times at which a change counts: the truth just after differs from just before."""
    first, result = _histories(transitions, starts_s)
    changes_s: list[np.ndarray] = []
    for partition in _in_parts(transitions, starts_s, end_s, first):
        turned = _turned(partition, _intervals(block, partition, transitions, starts_s))
        edges = np.searchsorted(partition.row[turned], np.unique(partition.row)[1:])
        changes_s += np.split(partition.from_s[turned], edges)
    return [changes_s[one] for one in result.tolist()]


def _histories(transitions: Sequence[Transition], starts_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one device of each history, ascending, and the history of each device: equal starts, equal truth."""
    devices = np.arange(len(starts_s))
    if not transitions or any(np.isinf(transition.takes_s) for transition in transitions):
        # A walk is each device's own.
        return (devices, devices) if transitions else (devices[:1], np.zeros_like(devices))
    _, found, result = np.unique(starts_s, axis=0, return_index=True, return_inverse=True)
    order = found.argsort()
    return found[order], order.argsort()[result.reshape(-1)]


def _in_parts(
    transitions: Sequence[Transition], starts_s: np.ndarray, end_s: float, rows: np.ndarray
) -> Iterator[_Partition]:
    """Yield the stretches of the devices ``rows``, as many at once as the memory bound allows."""
    intervals = [transition.moments_s(starts_s[rows, entry], end_s) for entry, transition in enumerate(transitions)]
    moments_s = np.concatenate([np.zeros((len(rows), 0)), *intervals], 1)
    flags = [transition.counts(part.shape[1]) for transition, part in zip(transitions, intervals, strict=True)]
    counts = np.concatenate([np.zeros(0, bool), *flags])
    most = max(1, _AT_ONCE // max(moments_s.shape[1], 1))
    for begin in range(0, len(rows), most):
        part = slice(begin, begin + most)
        yield _partition_of(rows[part], np.minimum(moments_s[part], end_s), counts, end_s)


def _partition_of(rows: np.ndarray, moments_s: np.ndarray, counts: np.ndarray, end_s: float) -> _Partition:
    flags = np.broadcast_to(counts, moments_s.shape)
    # Of equal moments the last one is used: put one that counts last, if any does.
    order = np.lexsort((flags, moments_s), axis=1)
    moments_s, flags = np.take_along_axis(moments_s, order, 1), np.take_along_axis(flags, order, 1)
    edge = np.zeros((len(rows), 1))
    from_s, until_s = np.concatenate([edge, moments_s], 1), np.concatenate([moments_s, edge + end_s], 1)
    real = until_s > from_s
    flags = np.concatenate([edge > 0, flags], 1)
    return _Partition(np.broadcast_to(rows[:, None], real.shape)[real], from_s[real], until_s[real], flags[real])


def _intervals(
    block: BlockId, partition: _Partition, transitions: Sequence[Transition], starts_s: np.ndarray
) -> ConceptIntervals:
    """Return the concepts of every stretch, each once, by device, time and concept."""
    whole = np.ones(len(partition.row))
    branches = [_Branch(np.zeros(len(partition.row), np.int16), whole, whole)]
    for entry, transition in enumerate(transitions):
        start_s = starts_s[partition.row, entry]
        ruled = in_force(start_s, partition.until_s)
        if ruled.any():
            split = [
                part for branch in branches for part in _split(branch, block, partition, transition, start_s, ruled)
            ]
            branches = [branch for branch in split if not branch.empty]
    return _summed(partition, branches)


def _split(
    branch: _Branch,
    block: BlockId,
    partition: _Partition,
    transition: Transition,
    start_s: np.ndarray,
    ruled: np.ndarray,
) -> list[_Branch]:
    """Split a branch by a schedule entry: the samples that follow it, and those that do not."""
    row, from_s, until_s = (values[ruled] for values in (partition.row, partition.from_s, partition.until_s))
    at_end = AffectedSamples.of(block, row, start_s[ruled], until_s)
    followed = branch.concept.copy()
    followed[ruled] = transition.follow(branch.concept[ruled], at_end)
    share_until = transition.share(at_end)
    if share_until is None:
        return [replace(branch, concept=followed)]
    share_from = transition.share(AffectedSamples.of(block, row, start_s[ruled], from_s))
    gone_from, gone_until = np.zeros(len(ruled)), np.zeros(len(ruled))
    gone_from[ruled], gone_until[ruled] = share_from, share_until
    follow = _Branch(followed, branch.share_from * gone_from, branch.share_until * gone_until)
    stay = _Branch(branch.concept, branch.share_from * (1 - gone_from), branch.share_until * (1 - gone_until))
    return [stay, follow]


def _summed(partition: _Partition, branches: Sequence[_Branch]) -> ConceptIntervals:
    """Add up branches that lead to the same concept in the same stretch."""
    interval = np.tile(np.arange(len(partition.row)), len(branches))
    concept, share_from, share_until = (
        np.concatenate([getattr(branch, one.name) for branch in branches]) for one in fields(_Branch)
    )
    there = (share_from > 0) | (share_until > 0)
    keys, block = np.unique(np.stack([interval[there], concept[there]]), axis=1, return_inverse=True)
    block = block.reshape(-1)
    sums = [np.bincount(block, weights=share[there], minlength=keys.shape[1]) for share in (share_from, share_until)]
    row, from_s, until_s = (values[keys[0]] for values in (partition.row, partition.from_s, partition.until_s))
    return ConceptIntervals(row, from_s, until_s, keys[1].astype(np.int16), *sums)


def _merged(intervals: ConceptIntervals) -> ConceptIntervals:
    """Join stretches one after the other in which a device follows one concept for the same constant share."""
    intervals = intervals[np.lexsort((intervals.from_s, intervals.concept, intervals.row))]
    still = intervals.share_from == intervals.share_until
    joined = (
        still[1:]
        & still[:-1]
        & (intervals.row[1:] == intervals.row[:-1])
        & (intervals.concept[1:] == intervals.concept[:-1])
        & (intervals.from_s[1:] == intervals.until_s[:-1])
        & (intervals.share_from[1:] == intervals.share_until[:-1])
    )
    begins, ends = np.r_[True, ~joined], np.r_[~joined, True]
    merged = replace(intervals[begins], until_s=intervals.until_s[ends])
    return merged[np.lexsort((merged.concept, merged.from_s, merged.row))]


def _turned(partition: _Partition, intervals: ConceptIntervals) -> np.ndarray:
    """Return for each stretch whether a change counts where it begins: bool [stretches]."""
    interval = _interval_of(partition, intervals)
    # Sums over concepts, each with a number of its own, stand for the shares in force: equal sums, equal shares.
    own = 0.5 + (np.arange(1, intervals.concept.max(initial=0) + 2) * 0.6180339887498949) % 1.0
    kinds = (intervals.share_from, intervals.share_until, np.ones(len(interval)))
    begin, end, there = (
        np.bincount(interval, weights=w * own[intervals.concept], minlength=len(partition.row)) for w in kinds
    )
    before_end, before_there = (np.r_[own[0], values[:-1]] for values in (end, there))
    fresh = np.r_[True, partition.row[1:] != partition.row[:-1]]
    before_end, before_there = np.where(fresh, own[0], before_end), np.where(fresh, own[0], before_there)
    other = (np.abs(begin - before_end) > _SAME) | (np.abs(there - before_there) > _SAME)
    return partition.counts & other


def _interval_of(partition: _Partition, intervals: ConceptIntervals) -> np.ndarray:
    """Return which stretch each row of the truth, sorted by stretch, is about."""
    begins = np.r_[True, (intervals.row[1:] != intervals.row[:-1]) | (intervals.from_s[1:] != intervals.from_s[:-1])]
    return np.asarray(begins.cumsum() - 1)
