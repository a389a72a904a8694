"""Which concepts reign for a device, and when: the truth about a schedule, told without drawing a sample.

Time is cut wherever a line may hand out something else. Within a cut each concept reigns for a share of the samples
that is constant, or moves as a gradual change moves it; every row of the truth is one concept in one such stretch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from agents.contract import in_force
from agents.tasks.base import Place
from agents.tasks.moves import Move, Passage

#: Cut-up stretches looked at together: bounds memory where moments are many.
_AT_ONCE = 1 << 19
#: Sums of shares closer than this are the same: they differ by rounding.
_SAME = 1e-9


@dataclass(frozen=True)
class Reigns:
    """Rows of the truth about the devices of a block, by device and time; all arrays [rows].

    Attributes:
        row: which device of the block.
        from_s, until_s: the concept reigns in (from, until].
        concept: which one.
        share_from, share_until: share of the device's samples that follow it, at the beginning and at the end.
    """

    row: np.ndarray
    from_s: np.ndarray
    until_s: np.ndarray
    concept: np.ndarray
    share_from: np.ndarray
    share_until: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Reigns:
        return Reigns(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass(frozen=True)
class _Cuts:
    """Stretches of time between two cuts, device by device; all arrays [stretches].

    ``counts`` says whether a change may count where the stretch begins.
    """

    row: np.ndarray
    from_s: np.ndarray
    until_s: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class _Branch:
    """What may have become of the samples of every stretch: which concept, and for which share of them."""

    concept: np.ndarray
    share_from: np.ndarray
    share_until: np.ndarray

    @property
    def empty(self) -> bool:
        return not (self.share_from.any() or self.share_until.any())


def reigns_of(place: Place, moves: Sequence[Move], starts_s: np.ndarray, end_s: float) -> Reigns:
    """Return the truth about a block; ``starts_s`` [devices, lines] is infinite where a line never starts."""
    first, fate = _fates(moves, starts_s)
    told = [_merged(_told(place, cuts, moves, starts_s)) for cuts in _in_parts(moves, starts_s, end_s, first)]
    whole = Reigns(*(np.concatenate([getattr(part, one.name) for part in told]) for one in fields(Reigns)))
    edges = np.searchsorted(whole.row, [*first, len(starts_s)])
    lengths = np.diff(edges)[fate]
    before = lengths.cumsum() - lengths
    rows = np.arange(lengths.sum()) + np.repeat(edges[:-1][fate] - before, lengths)
    return replace(whole[rows], row=np.repeat(np.arange(len(starts_s)), lengths))


def changes_of(place: Place, moves: Sequence[Move], starts_s: np.ndarray, end_s: float) -> list[np.ndarray]:
    """Return for each device the times at which a change counts: what is told just after differs from just before."""
    first, fate = _fates(moves, starts_s)
    changes_s: list[np.ndarray] = []
    for cuts in _in_parts(moves, starts_s, end_s, first):
        turned = _turned(cuts, _told(place, cuts, moves, starts_s))
        edges = np.searchsorted(cuts.row[turned], np.unique(cuts.row)[1:])
        changes_s += np.split(cuts.from_s[turned], edges)
    return [changes_s[one] for one in fate.tolist()]


def _fates(moves: Sequence[Move], starts_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one device of each fate, in ascending order, and the fate of each device: equal starts, equal truth."""
    devices = np.arange(len(starts_s))
    if not moves or any(np.isinf(move.takes_s) for move in moves):
        # A walk is each device's own.
        return (devices, devices) if moves else (devices[:1], np.zeros_like(devices))
    _, found, fate = np.unique(starts_s, axis=0, return_index=True, return_inverse=True)
    order = found.argsort()
    return found[order], order.argsort()[fate.reshape(-1)]


def _in_parts(moves: Sequence[Move], starts_s: np.ndarray, end_s: float, rows: np.ndarray) -> Iterator[_Cuts]:
    """Yield the stretches of the devices ``rows``, as many of them at once as memory likes."""
    told = [move.moments_s(starts_s[rows, line], end_s) for line, move in enumerate(moves)]
    moments_s = np.concatenate([np.zeros((len(rows), 0)), *told], 1)
    flags = [move.counts(part.shape[1]) for move, part in zip(moves, told, strict=True)]
    counts = np.concatenate([np.zeros(0, bool), *flags])
    most = max(1, _AT_ONCE // max(moments_s.shape[1], 1))
    for begin in range(0, len(rows), most):
        part = slice(begin, begin + most)
        yield _cuts(rows[part], np.minimum(moments_s[part], end_s), counts, end_s)


def _cuts(rows: np.ndarray, moments_s: np.ndarray, counts: np.ndarray, end_s: float) -> _Cuts:
    flags = np.broadcast_to(counts, moments_s.shape)
    # Of moments that fall together the last one speaks: let it be one that counts, if any does.
    order = np.lexsort((flags, moments_s), axis=1)
    moments_s, flags = np.take_along_axis(moments_s, order, 1), np.take_along_axis(flags, order, 1)
    edge = np.zeros((len(rows), 1))
    from_s, until_s = np.concatenate([edge, moments_s], 1), np.concatenate([moments_s, edge + end_s], 1)
    real = until_s > from_s
    flags = np.concatenate([edge > 0, flags], 1)
    return _Cuts(np.broadcast_to(rows[:, None], real.shape)[real], from_s[real], until_s[real], flags[real])


def _told(place: Place, cuts: _Cuts, moves: Sequence[Move], starts_s: np.ndarray) -> Reigns:
    """Return the concepts of every stretch, each once, by device, time and concept."""
    whole = np.ones(len(cuts.row))
    branches = [_Branch(np.zeros(len(cuts.row), np.int16), whole, whole)]
    for line, move in enumerate(moves):
        start_s = starts_s[cuts.row, line]
        ruled = in_force(start_s, cuts.until_s)
        if ruled.any():
            split = [part for branch in branches for part in _split(branch, place, cuts, move, start_s, ruled)]
            branches = [branch for branch in split if not branch.empty]
    return _summed(cuts, branches)


def _split(
    branch: _Branch, place: Place, cuts: _Cuts, move: Move, start_s: np.ndarray, ruled: np.ndarray
) -> list[_Branch]:
    """Return what a line makes of a branch: those who follow it, and those who stay."""
    at_end = Passage(place, cuts.row[ruled], start_s[ruled], cuts.until_s[ruled])
    followed = branch.concept.copy()
    followed[ruled] = move.follow(branch.concept[ruled], at_end)
    share_until = move.share(at_end)
    if share_until is None:
        return [replace(branch, concept=followed)]
    share_from = move.share(replace(at_end, time_s=cuts.from_s[ruled]))
    gone_from, gone_until = np.zeros(len(ruled)), np.zeros(len(ruled))
    gone_from[ruled], gone_until[ruled] = share_from, share_until
    follow = _Branch(followed, branch.share_from * gone_from, branch.share_until * gone_until)
    stay = _Branch(branch.concept, branch.share_from * (1 - gone_from), branch.share_until * (1 - gone_until))
    return [stay, follow]


def _summed(cuts: _Cuts, branches: Sequence[_Branch]) -> Reigns:
    """Add up branches that lead to the same concept in the same stretch."""
    stretch = np.tile(np.arange(len(cuts.row)), len(branches))
    concept, share_from, share_until = (
        np.concatenate([getattr(branch, one.name) for branch in branches]) for one in fields(_Branch)
    )
    there = (share_from > 0) | (share_until > 0)
    keys, place = np.unique(np.stack([stretch[there], concept[there]]), axis=1, return_inverse=True)
    place = place.reshape(-1)
    sums = [np.bincount(place, weights=share[there], minlength=keys.shape[1]) for share in (share_from, share_until)]
    row, from_s, until_s = (values[keys[0]] for values in (cuts.row, cuts.from_s, cuts.until_s))
    return Reigns(row, from_s, until_s, keys[1].astype(np.int16), *sums)


def _merged(told: Reigns) -> Reigns:
    """Join stretches one after the other in which a device follows one concept for the same constant share."""
    told = told[np.lexsort((told.from_s, told.concept, told.row))]
    still = told.share_from == told.share_until
    joined = (
        still[1:]
        & still[:-1]
        & (told.row[1:] == told.row[:-1])
        & (told.concept[1:] == told.concept[:-1])
        & (told.from_s[1:] == told.until_s[:-1])
        & (told.share_from[1:] == told.share_until[:-1])
    )
    begins, ends = np.r_[True, ~joined], np.r_[~joined, True]
    merged = replace(told[begins], until_s=told.until_s[ends])
    return merged[np.lexsort((merged.concept, merged.from_s, merged.row))]


def _turned(cuts: _Cuts, told: Reigns) -> np.ndarray:
    """Say for each stretch whether a change counts where it begins: bool [stretches]."""
    stretch = _stretch_of(cuts, told)
    # Sums over concepts, each with a number of its own, stand for what reigns: equal sums, equal shares.
    own = 0.5 + (np.arange(1, told.concept.max(initial=0) + 2) * 0.6180339887498949) % 1.0
    kinds = (told.share_from, told.share_until, np.ones(len(stretch)))
    begin, end, there = (np.bincount(stretch, weights=w * own[told.concept], minlength=len(cuts.row)) for w in kinds)
    before_end, before_there = (np.r_[own[0], values[:-1]] for values in (end, there))
    fresh = np.r_[True, cuts.row[1:] != cuts.row[:-1]]
    before_end, before_there = np.where(fresh, own[0], before_end), np.where(fresh, own[0], before_there)
    other = (np.abs(begin - before_end) > _SAME) | (np.abs(there - before_there) > _SAME)
    return cuts.counts & other


def _stretch_of(cuts: _Cuts, told: Reigns) -> np.ndarray:
    """Return which stretch each row of the truth, sorted by stretch, is about."""
    begins = np.r_[True, (told.row[1:] != told.row[:-1]) | (told.from_s[1:] != told.from_s[:-1])]
    return np.asarray(begins.cumsum() - 1)
