"""From clicks to decisions: what the user had clicked before, and among which items the click was made."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.seeding import Purpose, rng

#: Candidates that the cloud trains on: the clicked item and four others.
SHOWN = 5
#: Written instead of a number of negatives: every item is a candidate.
ALL = "all"
#: Places in a list are kept in 16 bits.
MOST_CANDIDATES = 32767


@dataclass(frozen=True)
class Decisions:
    """One row a click that is to be predicted.

    Attributes:
        window: int32 [rows, T], the latest clicks before it, oldest first, right padded with 0; ids from 1.
        candidates: int32 [rows, 1 + negatives], the clicked item and items that the user had never clicked; ids from 1.
        label: int16 [rows], where among the candidates the clicked one is: a random place.
    """

    window: np.ndarray
    candidates: np.ndarray
    label: np.ndarray

    def __len__(self) -> int:
        return len(self.label)

    def candidates_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the candidates of some rows, int [rows, n]."""
        return self.candidates[rows]

    def picked(self, positions: np.ndarray) -> np.ndarray:
        """Return of each row the candidates at ``positions`` [rows, k]: int [rows, k]."""
        return np.take_along_axis(self.candidates, positions, 1)


@dataclass(frozen=True)
class FullDecisions(Decisions):
    """Decisions among all items, also those that the user has clicked before.

    Candidates are the items in the order of their ids, round a circle, from a random one on: equal scores favour no
    item. ``candidates`` int32 [rows, 1] holds that first id alone; ``items`` is how many there are.
    """

    items: int

    def candidates_of(self, rows: np.ndarray) -> np.ndarray:
        return (self.candidates[rows] - 1 + np.arange(self.items, dtype=np.int32)) % self.items + 1

    def picked(self, positions: np.ndarray) -> np.ndarray:
        return (self.candidates - 1 + positions) % self.items + 1


def stack(parts: list[Decisions]) -> Decisions:
    """Return decisions one after the other; ``parts`` has at least one."""
    names = ("window", "candidates", "label")
    return replace(parts[0], **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def decide(
    clicks: np.ndarray,
    which: slice,
    items: int,
    window: int,
    negatives: int | None,
    seed: int,
    key: tuple[int, int],
) -> Decisions:
    """Return the decisions ``which`` among the ``clicks`` of one user, int [clicks] in time order, numbers from 0.

    Negatives are uniform among the items that the user had not clicked before, nor clicks now; ``key`` names the user
    and the use that is made of them, so that no other user changes them. None: all items are candidates.

    Raises:
        ValueError: there are not enough other items.
    """
    rows = np.arange(len(clicks))[which]
    draw = rng(seed, Purpose.NEGATIVES, *key)
    if negatives is None:
        first = draw.integers(items, size=len(rows))
        position = ((clicks[rows] - first) % items).astype(np.int16)
        return FullDecisions(windows(clicks, rows, window), (first[:, None] + 1).astype(np.int32), position, items)
    others = _negatives(clicks, rows, items, negatives, draw)
    label = draw.integers(negatives + 1, size=len(rows))
    candidates = _insert(others, label, clicks[rows]) + 1
    return Decisions(windows(clicks, rows, window), candidates.astype(np.int32), label.astype(np.int16))


def check_negatives(clicked: int, items: int, count: int) -> None:
    """Check that a user who has ``clicked`` so many of all ``items`` leaves ``count`` others.

    Raises:
        ValueError: fewer.
    """
    others = items - clicked
    if others < count:
        said = f"negatives: {count} cannot be sampled: of {items} items a user has clicked {clicked}"
        raise ValueError(f"{said}; write {ALL if others < SHOWN - 1 else f'{others}, or {ALL}'}")


def check_learnt(clicked: int, items: int) -> None:
    """Check that a user who has ``clicked`` so many of all ``items`` in the past leaves others to learn among.

    Raises:
        ValueError: too few; the cloud learns among ``SHOWN``, also where devices choose among all.
    """
    if items - clicked < SHOWN - 1:
        said = f"the cloud learns among {SHOWN - 1} items beside a click, but of {items} items a user has clicked"
        raise ValueError(f"{said} {clicked} in the past; write a smaller 'history'")


def narrowed(decisions: Decisions) -> Decisions:
    """Return the decisions among the clicked item and the first four others, as the cloud trains on them."""
    kept, label = _kept(decisions.label)
    return Decisions(decisions.window, decisions.picked(kept).astype(np.int32), label.astype(np.int16))


def narrow(candidates: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``SHOWN`` of the candidates [rows, n], the one at ``label`` among them, and where it is then."""
    kept, position = _kept(label)
    return np.take_along_axis(candidates, kept, 1), position


def _kept(label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which ``SHOWN`` candidates are kept, int [rows, SHOWN], and where the one at ``label`` is among them."""
    position = label % SHOWN
    column = np.arange(SHOWN)
    other = column - (column > position[:, None])
    other = other + (other >= label[:, None])
    return np.where(column == position[:, None], label[:, None], other), position


def windows(clicks: np.ndarray, rows: np.ndarray, length: int) -> np.ndarray:
    """Return for each of ``rows`` the up to ``length`` clicks before it, as ids from 1: int32 [rows, length]."""
    first = np.maximum(rows - length, 0)[:, None]
    positions = first + np.arange(length)
    seen = positions < rows[:, None]
    return np.where(seen, clicks[np.minimum(positions, len(clicks) - 1)] + 1, 0).astype(np.int32)


def _negatives(clicks: np.ndarray, rows: np.ndarray, items: int, count: int, draw: np.random.Generator) -> np.ndarray:
    """Return ``count`` different items for each row, none of them clicked up to and with that row."""
    met = np.full(items, len(clicks))
    np.minimum.at(met, clicks, np.arange(len(clicks)))
    known = np.cumsum(met[clicks] == np.arange(len(clicks)))
    if len(rows):
        check_negatives(int(known[rows[-1]]), items, count)
    drawn = draw.integers(items, size=(len(rows), count))
    while (bad := (met[drawn] <= rows[:, None]) | _repeated(drawn)).any():
        drawn[bad] = draw.integers(items, size=int(bad.sum()))
    return drawn


def _repeated(drawn: np.ndarray) -> np.ndarray:
    """Return which entries of each row stand in it already, further left."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ranked = np.take_along_axis(drawn, order, 1)
    again = np.zeros(drawn.shape, bool)
    again[:, 1:] = ranked[:, 1:] == ranked[:, :-1]
    repeated = np.empty_like(again)
    np.put_along_axis(repeated, order, again, 1)
    return repeated


def _insert(others: np.ndarray, position: np.ndarray, clicked: np.ndarray) -> np.ndarray:
    """Return ``others`` [rows, n] with ``clicked`` [rows] put in at ``position`` [rows]: [rows, n + 1]."""
    column = np.arange(others.shape[1] + 1)
    before = np.minimum(column - (column > position[:, None]), others.shape[1] - 1)
    return np.where(column == position[:, None], clicked[:, None], np.take_along_axis(others, before, 1))
